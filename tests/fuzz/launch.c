/* libFuzzer: what comes over ssh's stream, in both directions: a greeting, frames, a job; and what ssh says. The first
 * byte decides which. */
#include "mpirun/hello.h"
#include "mpirun/jobpack.h"
#include "mpirun/remote.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void stream(const char *text, size_t size)
{
    struct bytes b = {0};
    struct hello hello;
    struct frame head;
    struct words why;
    const char *payload;
    size_t noise;
    char out[WORDS_SIZE];
    bytes_append(&b, text, size);
    if (hello_find(&b, &hello, &noise, &why) == 1)
        hello_check(&hello, HELLO_AGENT, "front", "node3", &why);
    while (proto_peek(&b, &head, &payload, &why) > 0) {
        if (head.length >= WORDS_SIZE)
            proto_words(out, sizeof out, payload);
        bytes_drop(&b, sizeof head + head.length);
    }
    bytes_free(&b);
}

static void pack(const char *text, size_t size)
{
    struct job job;
    struct words why;
    if (jobpack_get(text, size, &job, &why) == 0) {
        struct bytes again = {0};
        jobpack_put(&again, &job, job.environment); /* what was understood can be told */
        char **command;
        for (uint32_t i = 0; i < (uint32_t)job.node_count && i < 3; i++)
            if (remote_command(&job, i, &command, &why) == 0)
                remote_free(command);
        for (uint32_t i = 0; i < (uint32_t)job.size; i++)
            if (jobpack_node_of(&job, i) >= (uint32_t)job.node_count)
                abort();
        bytes_free(&again);
    }
    jobpack_free(&job);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct words words;
    if (size == 0)
        return 0;
    char *text = malloc(size); /* memory of exactly the size */
    memcpy(text, data + 1, size - 1);
    if (data[0] == 'j')
        pack(text, size - 1);
    else if (data[0] == 's')
        remote_judge(text, size - 1, 0, "node3", &words);
    else
        stream(text, size - 1);
    free(text);
    return 0;
}
