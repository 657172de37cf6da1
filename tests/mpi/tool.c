/* The tool interface, before MPI_Init, while MPI runs and after MPI_Finalize: what there is agrees with itself, settings
 * are what the environment says, counters count what the program does. Argument "write": settings that are changed
 * before MPI_Init work. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES = 1 << 20, SMALL = 100 };

static int size, rank;

static void before_the_start(void)
{
    int n, provided;
    CHECK(MPI_T_cvar_get_num(&n) == MPI_T_ERR_NOT_INITIALIZED);
    CHECK(MPI_T_pvar_get_num(&n) == MPI_T_ERR_NOT_INITIALIZED);
    CHECK(MPI_T_category_get_num(&n) == MPI_T_ERR_NOT_INITIALIZED);
    CHECK(MPI_T_event_get_num(&n) == MPI_T_ERR_NOT_INITIALIZED);
    CHECK(MPI_T_source_get_num(&n) == MPI_T_ERR_NOT_INITIALIZED);
    CHECK(MPI_T_finalize() == MPI_T_ERR_NOT_INITIALIZED);
    CHECK(MPI_T_init_thread(12345, &provided) == MPI_T_ERR_INVALID);
    CHECK(MPI_T_init_thread(MPI_THREAD_SINGLE, NULL) == MPI_T_ERR_INVALID);
}

/* ---- settings ---- */

static MPI_T_cvar_handle cvar(const char *name, int *count)
{
    int index = -1;
    MPI_T_cvar_handle handle = MPI_T_CVAR_HANDLE_NULL;
    CHECK(MPI_T_cvar_get_index(name, &index) == MPI_SUCCESS);
    CHECK(MPI_T_cvar_handle_alloc(index, NULL, &handle, count) == MPI_SUCCESS);
    return handle;
}

static int int_of(const char *name)
{
    int count, value = -1;
    MPI_T_cvar_handle handle = cvar(name, &count);
    CHECK(count == 1);
    CHECK(MPI_T_cvar_read(handle, &value) == MPI_SUCCESS);
    CHECK(MPI_T_cvar_handle_free(&handle) == MPI_SUCCESS && handle == MPI_T_CVAR_HANDLE_NULL);
    CHECK(MPI_T_cvar_read(handle, &value) == MPI_T_ERR_INVALID_HANDLE);
    return value;
}

/* The word that an enumeration has for a value. */
static int is_word(MPI_T_enum words, int value, const char *expected)
{
    int n, found = 0;
    CHECK(MPI_T_enum_get_info(words, &n, NULL, NULL) == MPI_SUCCESS);
    for (int i = 0; i < n; i++) {
        int v, length = 32;
        char text[32];
        CHECK(MPI_T_enum_get_item(words, i, &v, text, &length) == MPI_SUCCESS);
        CHECK(length == (int)strlen(text) + 1);
        found |= v == value && strcmp(text, expected) == 0;
    }
    CHECK(MPI_T_enum_get_item(words, n, NULL, NULL, NULL) == MPI_T_ERR_INVALID_INDEX);
    return found;
}

static void check_cvar(int i)
{
    char name[64], desc[256], cut[5] = "####";
    int name_len = sizeof name, desc_len = sizeof desc, cut_len = sizeof cut, verbosity, bind, scope, index, need = 0;
    MPI_Datatype type;
    MPI_T_enum words;
    CHECK(MPI_T_cvar_get_info(i, name, &name_len, &verbosity, &type, &words, desc, &desc_len, &bind, &scope) ==
          MPI_SUCCESS);
    CHECK(strncmp(name, "GODWIT_", 7) == 0 && name_len == (int)strlen(name) + 1);
    CHECK(desc_len == (int)strlen(desc) + 1 && desc[desc_len - 2] == '.');
    CHECK(verbosity >= MPI_T_VERBOSITY_USER_BASIC && verbosity <= MPI_T_VERBOSITY_MPIDEV_ALL);
    CHECK(bind == MPI_T_BIND_NO_OBJECT && scope >= MPI_T_SCOPE_CONSTANT && scope <= MPI_T_SCOPE_ALL_EQ);
    CHECK(type == MPI_INT || type == MPI_DOUBLE || type == MPI_CHAR);
    CHECK(words == MPI_T_ENUM_NULL || type == MPI_INT);
    CHECK(MPI_T_cvar_get_index(name, &index) == MPI_SUCCESS && index == i);
    /* without room only the length comes back, with too little a part */
    CHECK(MPI_T_cvar_get_info(i, NULL, &need, NULL, NULL, NULL, NULL, NULL, NULL, NULL) == MPI_SUCCESS);
    CHECK(need == name_len);
    CHECK(MPI_T_cvar_get_info(i, cut, &cut_len, NULL, NULL, NULL, NULL, NULL, NULL, NULL) == MPI_SUCCESS);
    CHECK(cut_len == name_len && strcmp(cut, "GODW") == 0);
}

static void settings(void)
{
    int n = 0, count, index;
    double grace = -1;
    char word[64] = "";
    MPI_T_enum words;
    CHECK(MPI_T_cvar_get_num(&n) == MPI_SUCCESS && n >= 13);
    for (int i = 0; i < n; i++)
        check_cvar(i);
    CHECK(MPI_T_cvar_get_info(n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) == MPI_T_ERR_INVALID_INDEX);
    CHECK(MPI_T_cvar_get_info(-1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) == MPI_T_ERR_INVALID_INDEX);
    CHECK(MPI_T_cvar_get_index("GODWIT_NOTHING", &index) == MPI_T_ERR_INVALID_NAME);
    CHECK(MPI_T_cvar_get_index(NULL, &index) == MPI_T_ERR_INVALID);

    CHECK(MPI_T_cvar_get_index("GODWIT_FOREIGN", &index) == MPI_SUCCESS);
    CHECK(MPI_T_cvar_get_info(index, NULL, NULL, NULL, NULL, &words, NULL, NULL, NULL, NULL) == MPI_SUCCESS);
    CHECK(is_word(words, int_of("GODWIT_FOREIGN"), getenv("GODWIT_FOREIGN") ? getenv("GODWIT_FOREIGN") : "warn"));
    CHECK(MPI_T_enum_get_info(MPI_T_ENUM_NULL, NULL, NULL, NULL) == MPI_T_ERR_INVALID_HANDLE);

    MPI_T_cvar_handle handle = cvar("GODWIT_GRACE", &count);
    CHECK(count == 1 && MPI_T_cvar_read(handle, &grace) == MPI_SUCCESS);
    CHECK(grace == (getenv("GODWIT_GRACE") ? atof(getenv("GODWIT_GRACE")) : 0.5));
    CHECK(MPI_T_cvar_write(handle, &grace) == MPI_T_ERR_CVAR_SET_NEVER); /* mpirun's */
    handle = cvar("GODWIT_PROVIDER", &count);
    CHECK(count == sizeof word && MPI_T_cvar_read(handle, word) == MPI_SUCCESS && strcmp(word, "auto") == 0);
}

/* Settings can be changed before MPI starts, but for the log, which always can. */
static void changing(int started)
{
    int count, value, none = 0, wrong = 99;
    char long_word[64];
    MPI_T_cvar_handle handle = cvar("GODWIT_CMA", &count);
    CHECK(MPI_T_cvar_read(handle, &value) == MPI_SUCCESS);
    CHECK(MPI_T_cvar_write(handle, &value) == (started ? MPI_T_ERR_CVAR_SET_NOT_NOW : MPI_SUCCESS));
    CHECK(int_of("GODWIT_CMA") == value);
    CHECK(MPI_T_cvar_write(handle, &wrong) == (started ? MPI_T_ERR_CVAR_SET_NOT_NOW : MPI_T_ERR_INVALID));
    CHECK(int_of("GODWIT_CMA") == value);
    handle = cvar("GODWIT_PROVIDER", &count);
    memset(long_word, 'x', sizeof long_word);
    CHECK(MPI_T_cvar_write(handle, long_word) == (started ? MPI_T_ERR_CVAR_SET_NOT_NOW : MPI_T_ERR_INVALID));
    handle = cvar("GODWIT_LOG", &count);
    CHECK(MPI_T_cvar_read(handle, &value) == MPI_SUCCESS);
    CHECK(MPI_T_cvar_write(handle, &none) == MPI_SUCCESS && int_of("GODWIT_LOG") == 0);
    CHECK(MPI_T_cvar_write(handle, &value) == MPI_SUCCESS && int_of("GODWIT_LOG") == value);
}

/* ---- categories and events ---- */

static void categories(void)
{
    int n = 0, update, index, cvars = 0, pvars = 0, all_cvars, all_pvars, events;
    CHECK(MPI_T_category_get_num(&n) == MPI_SUCCESS && n >= 2);
    for (int i = 0; i < n; i++) {
        char name[64], desc[128];
        int name_len = sizeof name, desc_len = sizeof desc, c, p, k, list[64];
        CHECK(MPI_T_category_get_info(i, name, &name_len, desc, &desc_len, &c, &p, &k) == MPI_SUCCESS);
        CHECK(MPI_T_category_get_index(name, &index) == MPI_SUCCESS && index == i);
        CHECK(k == (i ? 0 : n - 1));
        CHECK(MPI_T_category_get_categories(i, 64, list) == MPI_SUCCESS && (!k || (list[0] == 1 && list[k - 1] == n - 1)));
        CHECK(MPI_T_category_get_cvars(i, 64, list) == MPI_SUCCESS);
        for (int j = 1; j < c; j++)
            CHECK(list[j] > list[j - 1]);
        CHECK(MPI_T_category_get_pvars(i, 64, list) == MPI_SUCCESS);
        for (int j = 1; j < p; j++)
            CHECK(list[j] > list[j - 1]);
        CHECK(MPI_T_category_get_num_events(i, &events) == MPI_SUCCESS && events == 0);
        CHECK(MPI_T_category_get_events(i, 64, list) == MPI_SUCCESS);
        cvars += c;
        pvars += p;
    }
    CHECK(MPI_T_cvar_get_num(&all_cvars) == MPI_SUCCESS && cvars == all_cvars); /* each is in one of them */
    CHECK(MPI_T_pvar_get_num(&all_pvars) == MPI_SUCCESS && pvars == all_pvars);
    CHECK(MPI_T_category_get_info(n, NULL, NULL, NULL, NULL, NULL, NULL, NULL) == MPI_T_ERR_INVALID_INDEX);
    CHECK(MPI_T_category_get_index("nothing", &index) == MPI_T_ERR_INVALID_NAME);
    CHECK(MPI_T_category_changed(&update) == MPI_SUCCESS && update == 0);
}

static void events(void)
{
    int n = -1, index;
    MPI_Count when;
    MPI_T_event_registration none = 0;
    CHECK(MPI_T_event_get_num(&n) == MPI_SUCCESS && n == 0);
    CHECK(MPI_T_source_get_num(&n) == MPI_SUCCESS && n == 0);
    CHECK(MPI_T_event_get_index("nothing", &index) == MPI_T_ERR_INVALID_NAME);
    CHECK(MPI_T_event_get_info(0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ==
          MPI_T_ERR_INVALID_INDEX);
    CHECK(MPI_T_event_handle_alloc(0, NULL, MPI_INFO_NULL, &none) == MPI_T_ERR_INVALID_INDEX);
    CHECK(MPI_T_event_handle_free(none, NULL, NULL) == MPI_T_ERR_INVALID_HANDLE);
    CHECK(MPI_T_source_get_timestamp(0, &when) == MPI_T_ERR_INVALID_INDEX);
}

/* ---- counters ---- */

static MPI_T_pvar_session session;

static MPI_T_pvar_handle pvar(const char *name, int class, void *object)
{
    int index = -1, count = 0;
    MPI_T_pvar_handle handle = MPI_T_PVAR_HANDLE_NULL;
    CHECK(MPI_T_pvar_get_index(name, class, &index) == MPI_SUCCESS);
    CHECK(MPI_T_pvar_handle_alloc(session, index, object, &handle, &count) == MPI_SUCCESS && count == 1);
    return handle;
}

static unsigned long long value_of(MPI_T_pvar_handle handle)
{
    unsigned long long value = 12345;
    CHECK(MPI_T_pvar_read(session, handle, &value) == MPI_SUCCESS);
    return value;
}

static void check_pvar(int i)
{
    char name[64], desc[256];
    int name_len = sizeof name, desc_len = sizeof desc, verbosity, class, bind, readonly, continuous, atomic, index;
    MPI_Datatype type;
    MPI_T_enum words;
    CHECK(MPI_T_pvar_get_info(i, name, &name_len, &verbosity, &class, &type, &words, desc, &desc_len, &bind, &readonly,
                              &continuous, &atomic) == MPI_SUCCESS);
    CHECK(type == MPI_UNSIGNED_LONG_LONG && words == MPI_T_ENUM_NULL && desc[desc_len - 2] == '.');
    CHECK(MPI_T_pvar_get_index(name, class, &index) == MPI_SUCCESS && index == i);
    CHECK(MPI_T_pvar_get_index(name, MPI_T_PVAR_CLASS_TIMER, &index) == MPI_T_ERR_INVALID_NAME);
}

static void one_message(MPI_Comm comm, int bytes)
{
    static char buffer[BYTES];
    MPI_Request r;
    if (rank == 0) {
        MPI_Recv(NULL, 0, MPI_BYTE, 1, 2, comm, MPI_STATUS_IGNORE);
        MPI_Send(buffer, bytes, MPI_BYTE, 1, 3, comm);
    }
    if (rank == 1) { /* asks for it, and it is there before its receive */
        MPI_Send(NULL, 0, MPI_BYTE, 0, 2, comm);
        MPI_Probe(0, 3, comm, MPI_STATUS_IGNORE);
        MPI_Irecv(buffer, bytes, MPI_BYTE, 0, 3, comm, &r);
        MPI_Wait(&r, MPI_STATUS_IGNORE);
    }
}

/* Rank 1 knows exactly what has to be counted. */
static void counting(MPI_Comm comm)
{
    unsigned long long seven = 7, got, room;
    MPI_T_pvar_handle messages = pvar("unexpected_messages", MPI_T_PVAR_CLASS_COUNTER, NULL),
                      again = pvar("unexpected_messages", MPI_T_PVAR_CLASS_COUNTER, NULL),
                      bytes = pvar("unexpected_bytes", MPI_T_PVAR_CLASS_AGGREGATE, NULL),
                      pieces = pvar("fetched_in_pieces", MPI_T_PVAR_CLASS_COUNTER, NULL),
                      copied = pvar("fetched_by_copying", MPI_T_PVAR_CLASS_COUNTER, NULL),
                      direct = pvar("fetched_by_network", MPI_T_PVAR_CLASS_COUNTER, NULL);
    one_message(comm, SMALL);
    CHECK(value_of(messages) == 0); /* it was not started */
    CHECK(MPI_T_pvar_start(session, MPI_T_PVAR_ALL_HANDLES) == MPI_SUCCESS);
    CHECK(MPI_T_pvar_stop(session, again) == MPI_SUCCESS);
    one_message(comm, SMALL);
    one_message(comm, SMALL);
    if (rank == 1 && size == 2) {
        CHECK(value_of(messages) == 2 && value_of(bytes) == 2 * SMALL && value_of(again) == 0);
        CHECK(value_of(pieces) + value_of(copied) + value_of(direct) == 0);
    }
    CHECK(MPI_T_pvar_write(session, messages, &seven) == MPI_SUCCESS && value_of(messages) == 7);
    one_message(comm, BYTES);
    if (rank == 1 && size == 2) {
        CHECK(value_of(messages) == 8);
        CHECK(value_of(pieces) + value_of(copied) + value_of(direct) == 1);
    }
    CHECK(MPI_T_pvar_stop(session, bytes) == MPI_SUCCESS);
    got = value_of(bytes);
    one_message(comm, SMALL);
    CHECK(value_of(bytes) == got);
    if (rank == 1 && size == 2)
        CHECK(MPI_T_pvar_readreset(session, messages, &got) == MPI_SUCCESS && got == 9 && value_of(messages) == 0);
    CHECK(MPI_T_pvar_reset(session, MPI_T_PVAR_ALL_HANDLES) == MPI_SUCCESS && value_of(bytes) == 0);

    MPI_T_pvar_handle level = pvar("requests_room", MPI_T_PVAR_CLASS_SIZE, NULL);
    room = value_of(level);
    CHECK(room >= value_of(pvar("requests", MPI_T_PVAR_CLASS_LEVEL, NULL)));
    CHECK(MPI_T_pvar_start(session, level) == MPI_T_ERR_PVAR_NO_STARTSTOP);
    CHECK(MPI_T_pvar_stop(session, level) == MPI_T_ERR_PVAR_NO_STARTSTOP);
    CHECK(MPI_T_pvar_reset(session, level) == MPI_T_ERR_PVAR_NO_WRITE);
    CHECK(MPI_T_pvar_write(session, level, &seven) == MPI_T_ERR_PVAR_NO_WRITE);
    CHECK(MPI_T_pvar_readreset(session, level, &got) == MPI_T_ERR_PVAR_NO_ATOMIC);
    CHECK(MPI_T_pvar_handle_free(session, &level) == MPI_SUCCESS && level == MPI_T_PVAR_HANDLE_NULL);
    CHECK(MPI_T_pvar_read(session, level, &got) == MPI_T_ERR_INVALID_HANDLE);
}

/* Every rank talks to itself, so that each knows the lengths. */
static void queues(void)
{
    MPI_Comm mine, null = MPI_COMM_NULL;
    MPI_Request r[3];
    int index, count, value = rank;
    MPI_T_pvar_handle bad;
    MPI_Comm_dup(MPI_COMM_SELF, &mine);
    MPI_T_pvar_handle arrived = pvar("unexpected_queue_length", MPI_T_PVAR_CLASS_LEVEL, &mine),
                      posted = pvar("posted_queue_length", MPI_T_PVAR_CLASS_LEVEL, &mine),
                      other = pvar("posted_queue_length", MPI_T_PVAR_CLASS_LEVEL, &(MPI_Comm){MPI_COMM_SELF});
    CHECK(value_of(arrived) == 0 && value_of(posted) == 0);
    MPI_Irecv(&value, 1, MPI_INT, 0, 1, mine, &r[0]);
    MPI_Irecv(&value, 1, MPI_INT, MPI_ANY_SOURCE, 2, mine, &r[1]);
    CHECK(value_of(posted) == 2 && value_of(arrived) == 0 && value_of(other) == 0);
    MPI_Isend(&rank, 1, MPI_INT, 0, 3, mine, &r[2]);
    MPI_Probe(0, 3, mine, MPI_STATUS_IGNORE);
    CHECK(value_of(posted) == 2 && value_of(arrived) == 1);
    MPI_Recv(&value, 1, MPI_INT, 0, 3, mine, MPI_STATUS_IGNORE);
    for (int i = 0; i < 2; i++) {
        MPI_Cancel(&r[i]);
        MPI_Wait(&r[i], MPI_STATUS_IGNORE);
    }
    MPI_Wait(&r[2], MPI_STATUS_IGNORE);
    CHECK(value_of(posted) == 0 && value_of(arrived) == 0);
    CHECK(MPI_T_pvar_handle_free(session, &posted) == MPI_SUCCESS);
    CHECK(MPI_T_pvar_handle_free(session, &arrived) == MPI_SUCCESS);
    MPI_Comm_free(&mine);
    CHECK(MPI_T_pvar_get_index("posted_queue_length", MPI_T_PVAR_CLASS_LEVEL, &index) == MPI_SUCCESS);
    CHECK(MPI_T_pvar_handle_alloc(session, index, &null, &bad, &count) == MPI_T_ERR_INVALID_HANDLE);
    CHECK(MPI_T_pvar_handle_alloc(session, index, NULL, &bad, &count) == MPI_T_ERR_INVALID);
}

static void pvars(void)
{
    int n = 0;
    MPI_T_pvar_session none = MPI_T_PVAR_SESSION_NULL;
    MPI_T_pvar_handle handle;
    CHECK(MPI_T_pvar_get_num(&n) == MPI_SUCCESS && n > 0);
    for (int i = 0; i < n; i++)
        check_pvar(i);
    CHECK(MPI_T_pvar_get_info(n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) ==
          MPI_T_ERR_INVALID_INDEX);
    CHECK(MPI_T_pvar_handle_alloc(none, 2, NULL, &handle, &n) == MPI_T_ERR_INVALID_SESSION);
    CHECK(MPI_T_pvar_session_free(&none) == MPI_T_ERR_INVALID_SESSION);
}

int main(int argc, char **argv)
{
    int provided = -1, count, off = 1;
    int change = argc > 1 && strcmp(argv[1], "write") == 0;
    before_the_start();
    CHECK(MPI_T_init_thread(MPI_THREAD_MULTIPLE, &provided) == MPI_SUCCESS && provided == MPI_THREAD_MULTIPLE);
    CHECK(MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) == MPI_SUCCESS && provided == MPI_THREAD_SINGLE);
    settings();
    changing(0);
    if (change)
        CHECK(MPI_T_cvar_write(cvar("GODWIT_CMA", &count), &off) == MPI_SUCCESS);
    pvars();
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    settings();
    changing(1);
    categories();
    events();
    pvars();
    CHECK(MPI_T_pvar_session_create(&session) == MPI_SUCCESS);
    if (size > 1)
        counting(MPI_COMM_WORLD);
    queues();
    if (change && size == 2 && rank == 1) { /* what was set before MPI_Init is followed */
        MPI_T_pvar_handle copied = pvar("fetched_by_copying", MPI_T_PVAR_CLASS_COUNTER, NULL);
        MPI_T_pvar_start(session, copied);
        for (int i = 0; i < 40; i++)
            one_message(MPI_COMM_WORLD, BYTES);
        CHECK(value_of(copied) == 0);
        CHECK(int_of("GODWIT_CMA") == off);
    } else if (change && size == 2) {
        for (int i = 0; i < 40; i++)
            one_message(MPI_COMM_WORLD, BYTES);
    }
    MPI_Finalize();
    CHECK(MPI_T_finalize() == MPI_SUCCESS);
    settings();
    value_of(pvar("sleeps", MPI_T_PVAR_CLASS_COUNTER, NULL));
    CHECK(MPI_T_pvar_session_free(&session) == MPI_SUCCESS && session == MPI_T_PVAR_SESSION_NULL);
    CHECK(MPI_T_finalize() == MPI_SUCCESS);
    before_the_start();
    return test_end();
}
