/* Data that move on a board (board.h) as they are: broadcast, gather, scatter, allgather, alltoall. What is
 * long goes in chunks, so that all copy at the same time. The sender's line says how much there is, and readers
 * follow that. */
#include "coll/board.h"

enum { CHUNK_MIN = 4 * 1024, CHUNK_MAX = 16 * 1024, PAIR_MIN = 64 };

/* How a block is cut, from its size: more pieces where that is quick, few where each one costs a turn on the
 * cpu. */
static uint64_t chunk_of(const struct board *b, uint64_t size)
{
    if (b->crowded)
        return NODE_BOARD_SLOT;
    uint64_t chunk = (size / 8 + CHUNK_MIN - 1) & ~(uint64_t)(CHUNK_MIN - 1);
    return chunk < CHUNK_MIN ? CHUNK_MIN : chunk > CHUNK_MAX ? CHUNK_MAX : chunk;
}

static uint32_t chunks_of(uint64_t size, uint64_t chunk)
{
    return (uint32_t)((size + chunk - 1) / chunk);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int other(const struct board *b, int i)
{
    return b->rank + i < b->size ? b->rank + i : b->rank + i - b->size;
}

static void fill(struct piece p, char *to)
{
    struct cursor c = piece_cursor(&p);
    if (c.move)
        cursor_fill(&c, to, p.size);
    else
        board_copy_in(to, c.at, p.size);
}

/* As much as there is room for. */
static void drain(struct piece p, uint64_t from, const char *data, uint64_t size)
{
    if (from >= p.size)
        return;
    struct piece part = piece_part(p, from, least(size, p.size - from));
    struct cursor c = piece_cursor(&part);
    cursor_drain(&c, data, part.size);
}

/* Chunk k of a block that is longer than a line. -1: failed. */
static int put_chunk(struct board *b, struct piece p, uint32_t k, int reader)
{
    uint64_t chunk = chunk_of(b, p.size), from = k * chunk, n = least(chunk, p.size - from);
    char *slot = board_slot(b, (uint32_t)n, k + 1, reader);
    if (!slot)
        return -1;
    fill(piece_part(p, from, n), slot);
    board_put(b, k + 1);
    return 0;
}

/* Chunk k of what member r has said in its line goes to its place. */
static int get_chunk(struct board *b, int r, const struct node_line *line, uint32_t k, struct piece to)
{
    uint64_t size = line->size, chunk = chunk_of(b, size), from = k * chunk;
    if (k && board_await_put(b, r, k + 1))
        return -1;
    drain(to, from, board_slot_of(b, r, line->first + k), least(chunk, size - from));
    return 0;
}

/* Begins a block: all of it if it fits into the line. How many chunks there are besides; -1: failed. */
static int64_t say_block(struct board *b, struct piece p)
{
    char packed[NODE_LINE_DATA], *data = p.at;
    int in_line = p.size <= NODE_LINE_DATA;
    if (in_line && p.type)
        fill(p, data = packed);
    if (board_line_free(b))
        return -1;
    board_write(b, p.size, data, in_line ? p.size : 0);
    if (!in_line)
        return chunks_of(p.size, chunk_of(b, p.size));
    board_put(b, 1);
    return 0;
}

int board_bcast(struct board *b, const struct coll *a)
{
    struct piece p = piece_of(a->in.memory, (uint64_t)a->in.count, a->in.type);
    board_begin(b, a);
    if (b->rank == a->root) {
        int64_t chunks = say_block(b, p);
        for (uint32_t k = 0; k < chunks; k++)
            if (put_chunk(b, p, k, BOARD_ALL))
                break;
        return board_end(b);
    }
    const struct node_line *line = board_hear(b, a->root);
    if (!line)
        return board_end(b);
    board_check(b, a->root, line->size, p.size);
    if (line->size <= NODE_LINE_DATA) {
        drain(p, 0, line->data, line->size);
        return board_end(b);
    }
    uint32_t chunks = chunks_of(line->size, chunk_of(b, line->size));
    for (uint32_t k = 0; k < chunks && !get_chunk(b, a->root, line, k, p); k++)
        board_got(b, k + 1);
    return board_end(b);
}

/* ---- gather, allgather ---- */

static void copy_own(struct piece from, struct piece to)
{
    char packed[4096];
    for (uint64_t at = 0, size = least(from.size, to.size); at < size; at += sizeof packed) {
        uint64_t n = least(sizeof packed, size - at);
        if (!to.type) {
            fill(piece_part(from, 0, size), to.at);
            return;
        }
        fill(piece_part(from, at, n), packed);
        drain(to, at, packed, n);
    }
}

/* Round k: everybody puts chunk k of his block, and reads those of the others. */
static int collect_round(struct board *b, uint32_t k, uint32_t *rounds)
{
    const struct coll *a = b->a;
    for (int i = 1; i < b->size; i++) {
        int r = other(b, i);
        const struct node_line *line = k ? board_line(b, r) : board_hear(b, r);
        if (!line && b->error == MPI_ERR_NO_MEM)
            return -1;
        if (!line || line->what != board_what(a))
            continue;
        uint32_t chunks = line->size > NODE_LINE_DATA ? chunks_of(line->size, chunk_of(b, line->size)) : 0;
        if (k && k >= chunks)
            continue;
        struct piece to = side_block(&a->in, r);
        board_check(b, r, line->size, to.size);
        if (!chunks)
            drain(to, 0, line->data, line->size);
        else if (get_chunk(b, r, line, k, to))
            return -1;
        if (chunks > *rounds)
            *rounds = chunks;
    }
    board_got(b, k + 1);
    return 0;
}

int board_collect(struct board *b, const struct coll *a)
{
    int all = a->kind == COLL_ALLGATHER, reads = all || b->rank == a->root, sends = all || !reads;
    int64_t chunks = 0;
    struct piece own = {0};
    board_begin(b, a);
    if (!a->in_place)
        own = piece_of(a->out.memory, (uint64_t)a->out.count, a->out.type);
    else if (sends)
        own = side_block(&a->in, b->rank);
    if (sends && (chunks = say_block(b, own)) < 0)
        return board_end(b);
    uint32_t rounds = 1;
    for (uint32_t k = 0; k < rounds || k < chunks; k++) {
        if (k < chunks && put_chunk(b, own, k, all ? BOARD_ALL : a->root))
            break;
        if (!k && all && board_meet(b))
            break;
        if (reads && collect_round(b, k, &rounds))
            break;
        if (!k && reads && !a->in_place) {
            struct piece to = side_block(&a->in, b->rank);
            board_check(b, b->rank, own.size, to.size);
            copy_own(own, to);
        }
    }
    if (all && b->error != MPI_ERR_NO_MEM)
        board_heard_all(b);
    return board_end(b);
}

/* ---- scatter, alltoall ----
 * A slot has a part for each of the others: sizes of the blocks first, then a chunk of each. The line says how large the
 * parts are, by `size`; or how large all blocks are, if they are the same: then nobody looks for their sizes; or it
 * has everything itself. */

#define IN_LINE ((uint64_t)1 << 63)
#define UNIFORM ((uint64_t)1 << 62)

static uint64_t pair_head(const struct board *b)
{
    return ((uint64_t)(b->size - 1) * 8 + 63) & ~(uint64_t)63;
}

static uint64_t pair_max(const struct board *b)
{
    uint64_t slot = b->crowded || b->size > 8 ? NODE_BOARD_SLOT : b->size > 2 ? NODE_BOARD_SLOT / 2 : CHUNK_MAX;
    return slot > pair_head(b) ? (slot - pair_head(b)) / (uint64_t)(b->size - 1) & ~(uint64_t)63 : 0;
}

/* In place, parts of different sizes would overwrite what has not left yet. */
static uint64_t part_for(const struct board *b, uint64_t largest)
{
    uint64_t unit = largest < 64 ? 8 : 64, part = (largest + unit - 1) & ~(unit - 1);
    int in_place = b->a->in_place && b->a->kind == COLL_ALLTOALL;
    return largest >= pair_max(b) || in_place ? pair_max(b) : part ? part : unit;
}

/* Which part of r's slots is for this one. */
static uint64_t part_of(int r, int reader)
{
    return (uint64_t)(reader < r ? reader : reader - 1);
}

struct exchange {
    const struct coll_side *out;
    uint64_t part;   /* of the own slots */
    uint32_t rounds; /* that this member puts; 0: all stood in the line */
    int uniform;
};

static int exchange_say(struct board *b, struct exchange *e)
{
    uint64_t largest = 0, smallest = UINT64_MAX;
    for (int r = 0; r < b->size; r++) {
        uint64_t size = r == b->rank ? 0 : side_size(e->out, r);
        if (r == b->rank)
            continue;
        largest = size > largest ? size : largest;
        smallest = size < smallest ? size : smallest;
    }
    e->uniform = largest == smallest;
    int short_one = e->uniform && largest * (uint64_t)(b->size - 1) <= NODE_LINE_DATA;
    e->part = part_for(b, largest);
    e->rounds = short_one ? 0 : largest ? chunks_of(largest, e->part) : 1;
    char data[NODE_LINE_DATA];
    for (int r = 0; short_one && r < b->size; r++)
        if (r != b->rank)
            fill(side_block(e->out, r), data + part_of(b->rank, r) * largest);
    if (board_line_free(b))
        return -1;
    board_write(b, short_one ? IN_LINE | largest : e->uniform ? UNIFORM | largest : e->part, data,
                short_one ? largest * (uint64_t)(b->size - 1) : 0);
    if (short_one)
        board_put(b, 1);
    return 0;
}

static int exchange_put(struct board *b, const struct exchange *e, uint32_t k, int reader)
{
    char *slot = board_slot(b, (uint32_t)(pair_head(b) + (uint64_t)(b->size - 1) * e->part), k + 1, reader);
    if (!slot)
        return -1;
    for (int i = 1; i < b->size; i++) {
        int r = other(b, i);
        struct piece p = side_block(e->out, r);
        uint64_t from = k * e->part, at = part_of(b->rank, r);
        if (!e->uniform)
            memcpy(slot + at * 8, &p.size, 8);
        if (from < p.size)
            fill(piece_part(p, from, least(e->part, p.size - from)), slot + pair_head(b) + at * e->part);
    }
    board_put(b, k + 1);
    return 0;
}

static struct piece exchange_place(const struct board *b, int r)
{
    const struct coll *a = b->a;
    return a->kind == COLL_SCATTER ? piece_of(a->in.memory, (uint64_t)a->in.count, a->in.type) : side_block(&a->in, r);
}

/* Where chunk k stands of what r has for this member, and how that is cut; its size, from the line or the first
 * slot. */
static const char *exchange_sizes(struct board *b, int r, const struct node_line *line, uint32_t k, uint64_t *part)
{
    uint64_t said = line->size & ~(IN_LINE | UNIFORM), at = part_of(r, b->rank);
    const char *slot = board_slot_of(b, r, line->first + k);
    if (line->size & IN_LINE) {
        b->sizes[r] = *part = said;
        return line->data + at * said;
    }
    *part = line->size & UNIFORM ? part_for(b, said) : said;
    if (!k && line->size & UNIFORM)
        b->sizes[r] = said;
    else if (!k)
        memcpy(&b->sizes[r], slot + at * 8, 8);
    return slot + pair_head(b) + at * *part;
}

/* Chunk k of it; rounds: as many as all of it takes, if that is more. */
static int exchange_get(struct board *b, int r, uint32_t k, uint32_t *rounds)
{
    const struct node_line *line = k ? board_line(b, r) : board_hear(b, r);
    uint64_t part;
    if (!k)
        b->sizes[r] = 0;
    if (!line)
        return b->error == MPI_ERR_NO_MEM ? -1 : 0;
    const char *data = exchange_sizes(b, r, line, k, &part);
    uint64_t size = b->sizes[r];
    if (k && k * part >= size)
        return 0;
    if (k && board_await_put(b, r, k + 1))
        return -1;
    struct piece to = exchange_place(b, r);
    if (!k)
        board_check(b, r, size, to.size);
    if (size)
        drain(to, k * part, data, least(part, size - k * part));
    if (size && chunks_of(size, part) > *rounds)
        *rounds = chunks_of(size, part);
    return 0;
}

static int exchange_read(struct board *b, uint32_t k, uint32_t *rounds)
{
    const struct coll *a = b->a;
    if (a->kind == COLL_SCATTER)
        return exchange_get(b, a->root, k, rounds);
    for (int i = 1; i < b->size; i++)
        if (exchange_get(b, other(b, i), k, rounds))
            return -1;
    return 0;
}

int board_exchange(struct board *b, const struct coll *a)
{
    int scatter = a->kind == COLL_SCATTER, sends = !scatter || b->rank == a->root, reads = !scatter || !sends;
    struct exchange e = {.out = !scatter && a->in_place ? &a->in : &a->out};
    if (pair_max(b) < PAIR_MIN)
        return BOARD_NOT;
    board_begin(b, a);
    if (sends && exchange_say(b, &e))
        return board_end(b);
    if (sends && !a->in_place) {
        struct piece from = side_block(&a->out, b->rank), to = exchange_place(b, b->rank);
        board_check(b, b->rank, from.size, to.size);
        copy_own(from, to);
    }
    uint32_t rounds = 1;
    for (uint32_t k = 0; (reads && k < rounds) || k < e.rounds; k++) {
        if (k < e.rounds && exchange_put(b, &e, k, BOARD_ALL))
            break;
        if (!k && !scatter && board_meet(b))
            break;
        if (reads && exchange_read(b, k, &rounds))
            break;
        if (reads)
            board_got(b, k + 1);
    }
    if (!scatter && b->error != MPI_ERR_NO_MEM)
        board_heard_all(b);
    return board_end(b);
}
