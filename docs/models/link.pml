/*
 * A link between two threads, load by load and store by store: two rings (engine/flow/ring.h), the
 * counters that put wake-ups off (engine/flow/link.h), the waiters (engine/flow/waiter.c), and the
 * loop that looks, nudges and sleeps (tide_stage_run of engine/stages/stage.c).
 *
 * Claims, checked over all interleavings: items arrive in order and as they were sent, a push never
 * meets a full ring, nobody sleeps for ever (else spin finds an invalid end state), every item
 * comes home, and a failure ends both.
 *
 * spin's memory is sequentially consistent. That the acquire and release of the program suffice is
 * argued in the comments A1 to R2 and W1 to W5 there, and watched by ThreadSanitizer.
 *
 * ITEMS  2 or 4, a power of two as the rings are      MESSAGES  how many are sent
 * TIMED  sleeps may end by time      FAILS  a third thread fails the run at any moment
 *
 * Each of these makes it wrong, and spin must find it:
 * NO_NUDGE            a party sleeps without saying what it owes
 * CLEAR_LATE          the waiter is cleared after the look at the ring and not before
 * BLIND_SLEEP         the word is set to ASLEEP whatever it was
 * BLIND_WAIT          the kernel does not look at the word again
 * NOTIFY_FIRST        the notification comes before the push
 * TAIL_FIRST          the index is published before the slot is written
 * NO_WAKE_ON_FAILURE  a failure is latched, but nobody is told
 */
#ifndef ITEMS
#define ITEMS 4
#endif
#ifndef MESSAGES
#define MESSAGES 5
#endif
#define MASK (ITEMS - 1)
#define HALF (ITEMS / 2)

#define PRODUCER 0
#define CONSUMER 1

#define AWAKE    0
#define ASLEEP   1
#define NOTIFIED 2

byte word[2];  /* of the waiters */
bool waits[2]; /* in the kernel, on the word */
bool failed, done[2];

/* Ring 0 leads forward, ring 1 home. An item is its number; its content lies beside it. */
typedef ring {
    byte slots[ITEMS];
    byte head, tail;           /* published */
    byte head_seen, tail_seen; /* producer's and consumer's last look */
};
ring rings[2];
byte content[ITEMS];
byte given, received; /* messages there to send, and received */
byte owed[2]; /* by a party to the other: items since it last woke it */

/* --- waiters --- */

inline notify(who)
{
    atomic { before = word[who]; word[who] = NOTIFIED }; /* W1 */
    if
    :: before == ASLEEP -> waits[who] = false
    :: else
    fi
}

inline clear(who)
{
    word[who] = AWAKE /* W2 */
}

inline sleep(who)
{
#ifdef BLIND_SLEEP
    word[who] = ASLEEP;
#else
    atomic { /* W3 */
        if
        :: word[who] == AWAKE -> word[who] = ASLEEP
        :: else
        fi
    };
#endif
    do
    :: word[who] != ASLEEP -> break /* W4 */
    :: else ->
        atomic { /* futex: compare and queue up */
            if
#ifdef BLIND_WAIT
            :: waits[who] = true
#else
            :: word[who] == ASLEEP -> waits[who] = true
            :: else
#endif
            fi
        };
        if
        :: !waits[who]
#ifdef TIMED
        :: atomic { waits[who] -> waits[who] = false }
            atomic { /* W5 */
                if
                :: word[who] == ASLEEP -> word[who] = AWAKE
                :: else
                fi
            };
            break
#endif
        fi
    od
}

/* --- rings --- */

/* What only one party looks at goes into one step with what it shares. */
inline push(r, item)
{
    atomic {
        if
        :: rings[r].tail - rings[r].head_seen > MASK -> rings[r].head_seen = rings[r].head /* A2 */
        :: else
        fi;
        assert(rings[r].tail - rings[r].head_seen <= MASK)
    };
#ifdef TAIL_FIRST
    rings[r].tail++;
    rings[r].slots[(rings[r].tail - 1) & MASK] = item
#else
    rings[r].slots[rings[r].tail & MASK] = item;
    rings[r].tail++ /* R1 */
#endif
}

/* item: NONE if the ring is empty */
#define NONE 255
inline pop(r, item)
{
    atomic {
        if
        :: rings[r].head == rings[r].tail_seen -> rings[r].tail_seen = rings[r].tail /* A1 */
        :: else
        fi;
        item = (rings[r].head == rings[r].tail_seen -> NONE : rings[r].slots[rings[r].head & MASK])
    };
    if
    :: item != NONE -> rings[r].head++ /* R2 */
    :: else
    fi
}

/* --- links --- */

inline nudge(me)
{
    if
    :: owed[me] > 0 -> owed[me] = 0; notify(1 - me)
    :: else
    fi
}

/* A wake-up is due when half of the items wait, and may come sooner. */
inline hand_over(me, item)
{
#ifdef NOTIFY_FIRST
    notify(1 - me);
    push(me, item)
#else
    push(me, item);
    owed[me]++;
    if
    :: owed[me] < HALF
    :: nudge(me)
    fi
#endif
}

/* --- stages --- */

/* After a look in vain: another one, or a sleep and then another one. */
inline wait(me)
{
    if
    :: true
#ifdef CLEAR_LATE
    :: clear(me);
        nudge(me);
        sleep(me)
#else
    :: true ->
#ifndef NO_NUDGE
        nudge(me);
#endif
        sleep(me)
#endif
    fi;
#ifndef CLEAR_LATE
    clear(me)
#endif
}

inline finish(me)
{
    nudge(me);
    done[me] = true
}

/* What the producer makes items of comes in its own time, or, where nobody else can know that there
 * is more to come, after all before has been received. */
proctype source()
{
    byte before;
    do
    :: given == MESSAGES || failed -> break
    :: else ->
        if
        :: true
        :: true -> received == given || failed
        fi;
        given++;
        notify(PRODUCER)
    od
}

proctype producer()
{
    byte before, item, sent;
    do
    :: sent == MESSAGES || failed -> break
    :: else ->
        item = NONE;
        if
        :: sent < given -> pop(1, item)
        :: else
        fi;
        if
        :: item == NONE -> wait(PRODUCER)
        :: else ->
            content[item] = sent;
            sent++;
            hand_over(PRODUCER, item)
        fi
    od;
    finish(PRODUCER)
}

proctype consumer()
{
    byte before, item;
    do
    :: received == MESSAGES || failed -> break
    :: else ->
        pop(0, item);
        if
        :: item == NONE -> wait(CONSUMER)
        :: else ->
            assert(content[item] == received);
            content[item] = NONE;
            received++;
            hand_over(CONSUMER, item)
        fi
    od;
    finish(CONSUMER)
}

#ifdef FAILS
proctype trouble()
{
    byte before;
    if
    :: true /* nothing happens */
    :: failed = true;
#ifndef NO_WAKE_ON_FAILURE
        notify(PRODUCER);
        notify(CONSUMER)
#endif
    fi
}
#endif

/* All items start at home. */
init
{
    byte i;
    d_step {
        for (i : 0 .. ITEMS - 1) { rings[1].slots[i] = i; content[i] = NONE }
        rings[1].tail = ITEMS
    };
    run source();
    run producer();
    run consumer();
#ifdef FAILS
    run trouble();
#endif
    done[PRODUCER] && done[CONSUMER];
    assert(failed || (rings[0].tail == rings[0].head && rings[1].tail - rings[1].head == ITEMS))
}
