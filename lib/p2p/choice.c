/* The faster of two ways: see choice.h. */
#include "p2p/choice.h"

enum {
    FIRST_ROW = 4, LONGEST_ROW = 128, /* messages that try the other way */
    RARELY = 24,                      /* one row in so many, when both ways are known */
    SOON = 2,                         /* ... when one is not */
    LARGE = 1024 * 1024               /* from here on the shared way is tried first */
};

static int class_of(uint64_t size)
{
    int c = 63 - __builtin_clzll(size | 1) - 16;
    return c < 0 ? 0 : c >= CHOICE_CLASSES ? CHOICE_CLASSES - 1 : c;
}

static enum choice_way better_of(float pieces, float shared, uint64_t size)
{
    if (pieces == 0 && shared == 0)
        return size < LARGE ? CHOICE_PIECES : CHOICE_SHARED;
    if (pieces == 0 || shared == 0)
        return shared == 0 ? CHOICE_PIECES : CHOICE_SHARED;
    return shared < pieces ? CHOICE_SHARED : CHOICE_PIECES;
}

enum choice_way choice_begin(struct choice *c, uint64_t size, enum choice_can can)
{
    int k = class_of(size);
    float pieces = c->of[k].cost[CHOICE_PIECES], shared = c->of[k].cost[CHOICE_SHARED];
    enum choice_way way = better_of(pieces, shared, size);
    int row = c->of[k].row ? c->of[k].row : FIRST_ROW, rows = pieces == 0 || shared == 0 ? SOON : RARELY;
    if (++c->of[k].at > row * (rows - 1))
        way = way == CHOICE_SHARED ? CHOICE_PIECES : CHOICE_SHARED;
    if (c->of[k].at >= row * rows) {
        int both = c->of[k].learned == 3;
        c->of[k].row = (uint16_t)(both || row == LONGEST_ROW ? row : 2 * row);
        c->of[k].at = 0;
        c->of[k].learned = 0;
    }
    if (can != CHOICE_BOTH)
        way = can == CHOICE_NO_SHARE ? CHOICE_PIECES : CHOICE_SHARED;
    c->under_way[way]++;
    return way;
}

/* Better news count at once: what made a message slow is mostly not its way. Worse ones by and by. */
void choice_end(struct choice *c, uint64_t size, enum choice_way way, int64_t begun, int64_t now)
{
    int k = class_of(size);
    float *cost = &c->of[k].cost[way];
    c->under_way[way]--;
    if (begun < c->ended[way])
        begun = c->ended[way]; /* it had to wait for the one before it */
    c->ended[way] = now;
    if (c->under_way[!way] || c->ended[!way] > begun)
        return;
    float took = ((float)(now - begun) + 1) * 1024 / ((float)size + 1);
    *cost = *cost == 0 || took < *cost ? took : *cost + (took - *cost) / 8;
    c->of[k].learned |= (uint8_t)(1 << way);
}
