/* What the files of the ofi wire share. Not for others. */
#ifndef WIRE_OFI_WIRE_H
#define WIRE_OFI_WIRE_H

#include "base/list.h"
#include "wire/ofi.h"
#include "wire/ofi_frame.h"
#include "wire/ofi_net.h"
#include "wire/ofi_probe.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    OFI_FRAMES = 64,               /* to be sent: of all ends together */
    OFI_FLYING = 4,                /* of one end, that libfabric has */
    OFI_BUFFERS = 32,              /* to receive a frame each */
    OFI_EAGER = FRAME_PIECE,
    OFI_HOLD = 2048,               /* larger packets are not held back */
    OFI_HELD = 16 * 1024,          /* what waits leaves when it is so much */
    OFI_WINDOW_MIN = 4,            /* frames that may come before they are asked for; an end that talks gets more, */
    OFI_WINDOW_MAX = 64,
    OFI_WINDOWS = 1024,            /* until all of them together have so many */
    OFI_EARLY = 2 * OFI_WINDOW_MAX, /* how far a frame may come before its turn */
    OFI_ROUTES = 8,                /* addresses of a process that are tried */
    OFI_CHUNK = 1024 * 1024,       /* of a long message: both sides agree on it */
    OFI_AHEAD = 4,                 /* chunks of a message that are expected, */
    OFI_PASSING = 2,               /* and of an end that are passed at once */
};

#define OFI_CHECK_NS 1000000000
#define OFI_PATIENCE_NS 5000000000 /* a lost connection is not reported before: mpirun knows better what happened */

_Static_assert(sizeof(struct ofi_card) == OFI_CARD, "as declared");

enum ofi_state {
    END_NEW,      /* nobody has wanted to talk yet */
    END_ASKING,   /* HELLO has been said, or its address is not known yet */
    END_ANSWERED, /* WELCOME has been said by each of its addresses; which one has led there? */
    END_UP,
    END_LOST,     /* the connection is broken: reported after OFI_PATIENCE_NS */
    END_DEAD
};

/* What libfabric is given to remember. */
struct ofi_context {
    struct fi_context2 context; /* its own, while it has it */
    enum { OFI_FRAME, OFI_BUFFERED, OFI_CHUNKED } what;
};

/* A frame that is filled, or that libfabric has. */
struct ofi_frame {
    struct ofi_context context;
    struct ofi_frame *next;     /* in the pool */
    struct ofi_end *end;
    char *bytes;
    uint32_t used;
    int route; /* of a greeting; -1: it is none */
    int told;  /* its completion is to be seen, however short it is */
};

struct ofi_buffer {
    struct ofi_context context;
    char *bytes;
    int posted;
};

/* Long messages, see ofi_direct.c. */
struct ofi_chunk {
    struct ofi_context context;
    struct ofi_move *move;
    uint32_t size;
    int busy;
};
struct ofi_move {
    struct list link;   /* among all; */
    struct list moving; /* among those of which more could be given to libfabric */
    struct ofi_end *end;
    char *memory;
    uint64_t size, given, done; /* bytes */
    uint64_t ticket, id;
    struct fid_mr *region;
    uint32_t flying;
    uint8_t receives, forgotten;
    int count;
    struct ofi_chunk chunks[];
};

/* A frame whose turn has not come: a long one before it is still on its way. */
struct ofi_early {
    struct ofi_early *next;
    uint64_t bytes[]; /* the frame */
};

/* Until the two sides know each other. */
struct ofi_greet {
    fi_addr_t routes[OFI_ROUTES];
    uint8_t sent[OFI_ROUTES];
    uint32_t count;   /* of routes; 0: its address is not known yet */
    uint32_t after;   /* which is next in turn */
    uint32_t trying;  /* the one that is being connected, + 1 */
    int told;         /* that nobody answers */
    int64_t begun_ns, since_ns; /* it; all of it */
    uint32_t echo;    /* WELCOME: by which route its HELLO came */
    uint32_t tries;   /* that have failed */
    int64_t next_ns;  /* when to try the next route */
    int64_t again_ns; /* when to say it once more by all routes, if no answer has come; and then after how long */
    int64_t pause_ns;
    int error;        /* the last one */
    struct ofi_probe probe;
    struct ofi_card card;
};

struct ofi_end {
    struct wire_end end;
    struct ofi *o;
    struct ofi_end *before; /* the one that was made before it */
    uint32_t number;
    uint8_t state;
    uint8_t bye_said, bye_heard;
    struct ofi_frame *open; /* is being filled */
    uint32_t turn;          /* of polling, in which a frame has left */
    uint32_t flying;
    uint32_t moves, passing; /* long messages; chunks of those that leave, which libfabric has */
    uint64_t out_number, in_number;
    struct ofi_early *early;
    uint32_t out_count, out_limit;      /* frames with packets: sent; that may be */
    uint32_t in_count, in_told, window; /* received; the limit that the other side knows */
    unsigned char nonce[FRAME_NONCE], its_nonce[FRAME_NONCE]; /* of the greeting */
    unsigned char out_key[SECRET_SHORT_KEY], in_key[SECRET_SHORT_KEY];
    fi_addr_t address;
    uint32_t its_route; /* by which its WELCOME came */
    uint32_t hole_checks;             /* for how many checks the frame in_number has been missing, */
    uint64_t hole, checked;           /* which one that was; all frames before `checked` were followed by an empty one */
    int64_t lost_ns;
    struct ofi_greet *greet;
    struct list waiting;  /* among those that have something to send at the end of a poll */
    struct list greeting; /* among those that are not up yet, or lost */
};

struct wire {
    char unused;
};

enum { OFI_ASLEEP, OFI_OPENING, OFI_OPEN, OFI_FAILED, OFI_STOPPED };

struct ofi {
    struct wire wire;
    struct ofi_setup setup;
    const struct ofi_calls *calls;
    struct ofi_net net;
    pthread_t opener;
    _Atomic int stage; /* O0: release by the opener, when all is there; pairs with O1 */
    struct words why;  /* it has failed */
    int reported, joined, leaving;
    _Atomic int stop; /* the opener is not to open any more */
    struct ofi_end **ends, *talked; /* by their numbers; the last that was made */
    struct ofi_frame frames[OFI_FRAMES], *pool;
    struct ofi_buffer buffers[OFI_BUFFERS];
    char *memory; /* of frames and buffers */
    size_t memory_size;
    char *scratch; /* a frame */
    size_t inject_size;
    struct list waiting, greeting;
    uint32_t turn, idle;
    int delivering, unposted;
    uint32_t windows;
    uint32_t flying;
    int64_t checked_ns;
    struct list moves, moving;
    uint32_t chunks_most, expected; /* chunks that may be expected, and are */
    uint32_t tickets;
    int stuck;   /* libfabric did not take a chunk, */
    int refused; /* or a frame, since the last poll began */
    struct ofi_seen seen;
};

/* ofi_life.c */
struct ofi_end *ofi_end_of(struct ofi *o, uint32_t number);
void ofi_check(struct ofi *o); /* of whoever is about to sleep: are the connections still there? */

/* ofi.c */
int ofi_is_open(struct ofi *o);
void ofi_want(struct ofi *o); /* it is to be opened */
void ofi_post_all(struct ofi *o); /* the buffers to receive */
struct ofi_frame *ofi_frame_take(struct ofi *o);
void ofi_frame_drop(struct ofi *o, struct ofi_frame *f);
/* Gives a frame of its own to libfabric: 0, or -FI_EAGAIN, or another error. */
int ofi_post(struct ofi_end *e, struct ofi_frame *f, fi_addr_t to);
/* An empty frame, or one with a packet of `size` bytes of head. told: what becomes of it is seen. -1: not now. */
int ofi_send_frame(struct ofi_end *e, enum frame_kind kind, const void *head, uint32_t size, int told);
void ofi_lose(struct ofi_end *e, int error);
int64_t ofi_now(void);

/* ofi_direct.c */
uint64_t ofi_expect(struct wire_end *end, void *memory, size_t size, uint64_t id);
int ofi_pass(struct wire_end *end, const void *memory, size_t size, uint64_t ticket, uint64_t id);
void ofi_forget(struct wire_end *end, uint64_t id);
void ofi_chunk_done(struct ofi *o, struct ofi_chunk *c, size_t size);
void ofi_chunk_failed(struct ofi *o, struct ofi_chunk *c, int error);
void ofi_direct_step(struct ofi *o); /* what libfabric has not taken */
void ofi_direct_fini(struct ofi *o);

/* ofi_greet.c */
int ofi_greet_begin(struct ofi_end *e);
void ofi_greet_arrived(struct ofi *o, const struct frame_head *frame);
void ofi_greet_route(struct ofi_end *e, uint32_t route);
void ofi_greet_failed(struct ofi_end *e, int route, int error);
/* What time brings: the next route, an address that has come, a loss that nobody else has reported. */
void ofi_greet_step(struct ofi *o);

#endif
