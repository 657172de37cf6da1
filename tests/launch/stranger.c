/* Connects to a port of mpirun as somebody would who is of no job: `stranger ADDRESS PORT FILE` scans it (connects and
 * goes), sends garbage, says nothing, or one byte now and then, on many connections. When all that has been done it
 * creates the file, and it holds the silent connections for as long as the other side lets it. Prints how many
 * connections it has made. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SCANS = 30, GARBAGE = 30, SILENT = 150 };

static int fail(const char *what)
{
    fprintf(stderr, "stranger: %s: %s\n", what, strerror(errno));
    return 1;
}

static int come(const char *address, const char *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1 || connect(fd, (struct sockaddr *)&at, sizeof at))
        exit(fail("connect"));
    return fd;
}

/* Waits until the other side hangs up. */
static void see_end(int fd)
{
    char bytes[256];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        ;
    close(fd);
}

int main(int argc, char **argv)
{
    static const char *const words[] = {"GET / HTTP/1.0\r\n\r\n", "\026\003\001\002", "SSH-2.0-nobody\r\n", "\n"};
    static char zeros[4096];
    int silent[SILENT];
    if (argc != 4)
        return 2;
    for (int i = 0; i < SCANS; i++)
        close(come(argv[1], argv[2]));
    for (int i = 0; i < GARBAGE; i++) {
        int fd = come(argv[1], argv[2]);
        if (i % 5 == 4)
            send(fd, zeros, sizeof zeros, MSG_NOSIGNAL);
        else
            send(fd, words[i % 5], strlen(words[i % 5]), MSG_NOSIGNAL);
        see_end(fd);
    }
    for (int i = 0; i < SILENT; i++)
        silent[i] = come(argv[1], argv[2]);
    printf("%d\n", SCANS + GARBAGE + SILENT);
    fflush(stdout);
    int file = open(argv[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(argv[3]);
    close(file);
    for (int i = 0; i < SILENT; i++) {
        if (i % 2) /* the right first byte */
            send(silent[i], zeros, 1, MSG_NOSIGNAL);
        see_end(silent[i]);
    }
    return 0;
}
