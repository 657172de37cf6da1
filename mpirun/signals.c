/* The signals that mpirun hears: see signals.h. */
#include "mpirun/signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>

int signals_open(int others, int *deaf)
{
    static const int heard[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t set;
    struct sigaction now;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof heard / sizeof heard[0]; i++) {
        int ignored = sigaction(heard[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN;
        if (heard[i] == SIGINT)
            *deaf = ignored;
        /* nohup's wish is respected; a shell script, which ignores SIGINT for what it starts in the background,
         * means the keyboard's and not that of a person who ends this job. */
        if (!ignored || (heard[i] != SIGHUP && heard[i] != SIGQUIT))
            sigaddset(&set, heard[i]);
    }
    if (others) {
        sigaddset(&set, SIGCHLD); /* an ssh has ended */
        sigaddset(&set, SIGTSTP);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of write, and gets a sentence */
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
