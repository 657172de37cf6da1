/* Threads of one process in the library at the same time: who looks at the wires, and who waits for that one's news.
 * Not for other folders; only under MPI_THREAD_MULTIPLE. The lock itself is p2p.h's. */
#ifndef P2P_THREAD_H
#define P2P_THREAD_H

#include "p2p/p2p.h"

/* Something has happened that may end another thread's wait. The lock is held. */
void thread_news(void);

/* 1: the caller looks at the wires from now on, for all; thread_resign ends it. 0: another thread does; its news have
 * been waited for, if need be asleep. The lock is held, and let go meanwhile. ready, if not NULL, may come true without
 * any news. */
int thread_look_or_follow(p2p_ready *ready, void *arg);
void thread_resign(void);

/* Between two looks: the lock goes to those who want it. */
void thread_offer_lock(void);

/* The one who looks falls asleep and wakes up: news then wake it. */
void thread_asleep(int asleep);

#endif
