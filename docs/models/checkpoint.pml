/*
 * A run with checkpoints, step by step: reader, parser, workers, sink and checkpointer, the links
 * between them, and a stop or a failure at any moment. A step is what a stage's step function does
 * (engine/stages/parser_barrier.c, worker.c, sink.c, checkpointer.c); link.pml is about what goes
 * on inside one.
 *
 * Claims, checked over all orders of steps: a checkpoint holds exactly the rows before its barrier,
 * in the workers and in the outputs; rows are written in their order; nobody finds his snapshot
 * away from home; silent input holds up nothing that could be written; nobody sleeps for ever (else
 * spin finds an invalid end state); a stop leaves a checkpoint of all rows up to there; at the end
 * every item is at home.
 *
 * WORKERS, ROWS, BATCHES and EMISSIONS on a link, CHECKPOINTS that time asks for
 * ANY_OWNER      a row is any worker's, or a reject; else the workers have one each in turn
 * EVERY_ROW      a checkpoint is due at each row, CHECKPOINTS times; else when a clock says so
 * STOPS, FAILS   the run is stopped, or fails, at any moment
 * EAGER          a wake-up that may be put off may also come at once
 *
 * Each of these makes it wrong, and spin must find it:
 * NO_ALIGNMENT       the sink goes on taking from a link that has come to the barrier
 * NO_WAIT            a barrier begins while the checkpoint before is being written
 * PARSER_FIRST       the parser's snapshot goes home before the others
 * BARRIER_OVERTAKES  the barrier goes ahead of rows that the parser still holds
 * NO_NUDGE           a stage sleeps without saying what it owes
 * NO_FLUSH           the parser sleeps on rows, and on how far it is
 * SILENT_RETURN      the checkpointer gives snapshots back and tells nobody
 * SILENT_FAILURE     a failure is latched, but nobody is told
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef ROWS
#define ROWS 2
#endif
#ifndef BATCHES
#define BATCHES 1
#endif
#ifndef EMISSIONS
#define EMISSIONS 1
#endif
#ifndef CHECKPOINTS
#define CHECKPOINTS 1
#endif

#define PARSER      0
#define SINK        (WORKERS + 1) /* worker w is w + 1 */
#define KEEPER      (WORKERS + 2) /* the checkpointer */
#define STAGES      (WORKERS + 3)
#define TO_SIDE     WORKERS /* an owner beside the workers: rejects go right to the sink */

#define PROGRESSED  0
#define WAITS       1 /* starved or blocked */
#define DONE        2

#define BARRIER     1
#define LAST        2
#define URGENT      4
#define LAST_WORD   255

#define BIT(row)    (1 << (row))
#define BELOW(row)  ((1 << (row)) - 1)

bool told[STAGES]; /* each stage's waiter: notified since it was cleared */
bool failed, stopping, wants_checkpoint;
byte given; /* rows that the reader has handed over */
byte owner[ROWS];
byte owned[WORKERS + 1]; /* the rows of each, as bits */

/* What is under way: rows as bits, up to which row all is there, flags. */
chan to_worker[WORKERS] = [BATCHES] of { byte, byte, byte };
chan to_sink[WORKERS] = [EMISSIONS] of { byte, byte, byte };
chan side = [1] of { byte, byte };
chan snapshots[WORKERS + 2] = [1] of { byte, byte }; /* parser, workers, sink */

/* What is at home, and wake-ups that are put off: forward, and back. */
byte batches_home[WORKERS], emissions_home[WORKERS];
bool side_is_home = true, snapshot_is_home[WORKERS + 2];
bool owes_worker[WORKERS], owes_parser[WORKERS], owes_sink[WORKERS], owes_home[WORKERS];

byte written, rejected; /* by the sink */
byte recorded;          /* rows of the last checkpoint */
byte rows_done;         /* of the run, when the parser has ended */
bool was_stopped;
byte ended;             /* stages */

/* As long as less than half of the items wait, a wake-up is put off until the nudge. */
inline tell_soon(owes, who)
{
#ifdef EAGER
    if
    :: told[who] = true
    :: owes = true
    fi
#else
    owes = true
#endif
}

inline tell_owed(owes, who)
{
    if
    :: owes -> owes = false; told[who] = true
    :: else
    fi
}

/* A stage's loop, as in engine/stages/stage.c: it goes on as long as it progresses; then it nudges,
 * and sleeps until it is told. (That nothing is lost between clear, look and sleep, link.pml shows.)
 * Between step and nudge something may happen; that makes a difference for the parser only, whose
 * nudge may send what has come home since. */
#ifdef NO_NUDGE
#define NUDGE(nudge) skip
#else
#define NUDGE(nudge) nudge
#endif
#define BEGIN_STEP(me) \
    progress == PROGRESSED || told[me] -> told[me] = progress == PROGRESSED && told[me]
#define RUN(me, step, nudge) \
    do \
    :: atomic { \
            BEGIN_STEP(me); \
            step; \
            if \
            :: progress == PROGRESSED \
            :: progress == WAITS -> NUDGE(nudge) \
            :: progress == DONE -> nudge; ended++; break \
            fi \
        } \
    od

/* --- the parser --- */

inline send_batch(w, flags)
{
    to_worker[w]!open[w], row, flags;
    open[w] = 0;
    is_open[w] = false;
    row_told[w] = row;
    if
    :: flags & URGENT -> told[w + 1] = true
    :: else -> tell_soon(owes_worker[w], w + 1)
    fi
}

inline open_batch(w)
{
    if
    :: !is_open[w] && batches_home[w] > 0 -> batches_home[w]--; is_open[w] = true
    :: else
    fi
}

/* An empty batch, or the open one with its rows, to every worker that has not had it. */
inline close_epoch(flags)
{
    all = true;
    for (w : 0 .. WORKERS - 1) {
        if
        :: !(has_left & BIT(w)) ->
#ifdef BARRIER_OVERTAKES
            if
            :: (flags & BARRIER) && batches_home[w] > 0 ->
                batches_home[w]--;
                to_worker[w]!0, row, flags;
                tell_soon(owes_worker[w], w + 1);
                has_left = has_left | BIT(w)
            :: else ->
#endif
            open_batch(w);
            if
            :: is_open[w] -> send_batch(w, flags); has_left = has_left | BIT(w)
            :: else -> all = false
            fi
#ifdef BARRIER_OVERTAKES
            fi
#endif
        :: else
        fi
    }
    w = 0
}

/* progress: PROGRESSED if none is due, or it has passed. */
inline pass_barrier()
{
    progress = PROGRESSED;
    if
    :: !has_snapshot && row != barrier_row && (wants_checkpoint || was_stopped) ->
        if
#ifdef NO_WAIT
        :: nfull(snapshots[0]) -> has_snapshot = true; has_left = 0
        :: full(snapshots[0])
#else
        :: snapshot_is_home[0] ->
            snapshot_is_home[0] = false;
            has_snapshot = true;
            has_left = 0
        :: !snapshot_is_home[0] && was_stopped -> progress = WAITS
        :: else
#endif
        fi
    :: else
    fi;
    if
    :: has_snapshot ->
        close_epoch(BARRIER);
        if
        :: all && side_is_home ->
            side_is_home = false;
            side!0, BARRIER;
            told[SINK] = true;
            snapshots[0]!row, 0;
            told[KEEPER] = true;
            has_snapshot = false;
            has_left = 0;
            barrier_row = row;
            wants_checkpoint = false
        :: else -> progress = WAITS
        fi
    :: else
    fi
}

inline route_row()
{
    if
    :: owner[row] == TO_SIDE && side_is_home ->
        side_is_home = false;
        side!BIT(row), 0;
        told[SINK] = true;
        row++
    :: owner[row] == TO_SIDE && !side_is_home -> progress = WAITS
    :: else ->
        w = owner[row];
        if
        :: open[w] != 0 -> send_batch(w, 0)
        :: else
        fi;
        open_batch(w);
        if
        :: is_open[w] -> open[w] = BIT(row); row++
        :: else -> progress = WAITS
        fi;
        w = 0
    fi
}

inline end_reading()
{
    close_epoch(LAST);
    if
    :: all && side_is_home && !side_has_ended ->
        side_is_home = false;
        side!0, LAST;
        told[SINK] = true;
        side_has_ended = true
    :: else
    fi;
    if
    :: side_has_ended && snapshot_is_home[0] ->
        snapshot_is_home[0] = false;
        snapshots[0]!LAST_WORD, 0;
        told[KEEPER] = true;
        rows_done = row;
        progress = DONE
    :: else -> progress = WAITS
    fi
}

inline parser_step()
{
    if
    :: failed -> progress = DONE
    :: else ->
        if
        :: stopping && !is_ending -> was_stopped = true
        :: else
        fi;
        if
        :: !is_ending -> pass_barrier()
        :: else -> progress = PROGRESSED
        fi;
        if
        :: progress == WAITS
        :: else ->
            if
            :: is_ending -> end_reading()
            :: !is_ending && (was_stopped || row == ROWS) -> is_ending = true
            :: !is_ending && !was_stopped && row < ROWS && row < given -> route_row()
            :: else -> progress = WAITS
            fi
        fi
    fi
}

/* Whatever is known is said before a sleep. */
inline parser_nudge()
{
    for (w : 0 .. WORKERS - 1) {
#ifndef NO_FLUSH
        if
        :: !failed && !is_ending && !has_snapshot && row_told[w] < row ->
            open_batch(w);
            if
            :: is_open[w] -> send_batch(w, URGENT)
            :: else
            fi
        :: else
        fi;
#endif
        tell_owed(owes_worker[w], w + 1)
    }
    w = 0
}

proctype parser()
{
    byte row, barrier_row, w, has_left, progress;
    byte open[WORKERS], row_told[WORKERS];
    bool is_open[WORKERS], all, has_snapshot, is_ending, side_has_ended;
    do
    :: atomic { BEGIN_STEP(PARSER); parser_step() };
        if
        :: progress == PROGRESSED
        :: progress == WAITS -> atomic { NUDGE(parser_nudge()) }
        :: progress == DONE -> atomic { parser_nudge(); ended++ }; break
        fi
    od
}

/* --- a worker --- */

/* Takes a batch if it has said all about the one before. */
inline take_batch()
{
    if
    :: !must_report && nempty(to_worker[me]) ->
        to_worker[me]?rows, complete, flags;
        folded = folded | rows;
        batches_home[me]++;
        tell_soon(owes_parser[me], PARSER);
        if
        :: flags & BARRIER ->
            assert(snapshot_is_home[me + 1]);
            snapshot_is_home[me + 1] = false;
            snapshots[me + 1]!folded, 0;
            told[KEEPER] = true
        :: else
        fi;
        must_report = true
    :: must_report || empty(to_worker[me])
    fi
}

inline report()
{
    emissions_home[me]--;
    must_report = false;
    to_sink[me]!rows, complete, flags;
    if
    :: flags != 0 -> told[SINK] = true
    :: else -> tell_soon(owes_sink[me], SINK)
    fi;
    progress = (flags & LAST -> DONE : PROGRESSED);
    rows = 0;
    complete = 0;
    flags = 0
}

inline worker_step()
{
    progress = WAITS;
    if
    :: failed -> progress = DONE
    :: else ->
        take_batch();
        if
        :: must_report && emissions_home[me] > 0 -> report()
        :: else
        fi
    fi
}

inline worker_nudge()
{
    tell_owed(owes_parser[me], PARSER);
    tell_owed(owes_sink[me], SINK)
}

proctype worker(byte me)
{
    byte rows, complete, flags, folded, progress;
    bool must_report;
    RUN(me + 1, worker_step(), worker_nudge())
}

/* --- the sink --- */

inline give_emission_back(w)
{
    emissions_home[w]++;
    tell_soon(owes_home[w], w + 1)
}

inline take_side()
{
    if
    :: nempty(side) && !(at_barrier & BIT(TO_SIDE)) ->
        side?rows, flags;
        rejected = rejected | rows;
        side_is_home = true;
        told[PARSER] = true;
        at_barrier = (flags & BARRIER -> at_barrier | BIT(TO_SIDE) : at_barrier);
        open_count = (flags & LAST -> open_count - 1 : open_count);
        progress = PROGRESSED
    :: empty(side) || (at_barrier & BIT(TO_SIDE))
    fi
}

#ifdef NO_ALIGNMENT
#define IS_OPEN(w) true
#else
#define IS_OPEN(w) (!(at_barrier & BIT(w)))
#endif
inline feed(w)
{
    if
    :: nempty(to_sink[w]) && held[w] == 0 && IS_OPEN(w) ->
        to_sink[w]?rows, complete, flags;
        assert(complete >= known[w]);
        known[w] = complete;
        at_barrier = (flags & BARRIER -> at_barrier | BIT(w) : at_barrier);
        open_count = (flags & LAST -> open_count - 1 : open_count);
        progress = PROGRESSED;
        if
        :: rows == 0 -> give_emission_back(w)
        :: else -> held[w] = rows
        fi
    :: empty(to_sink[w]) || held[w] != 0 || !IS_OPEN(w)
    fi
}

/* Rows whose turn it is: all before them are known of. A worker's last word is that nothing comes. */
inline write_rows()
{
    for (row : 0 .. ROWS - 1) {
        all = true;
        w = 0;
        do
        :: w < WORKERS ->
            all = all && (held[w] != 0 || known[w] > row);
            w++
        :: else -> break
        od;
        if
        :: all && owner[row] != TO_SIDE && (held[owner[row]] & BIT(row)) ->
            w = owner[row];
            assert(written < BIT(row));
            written = written | BIT(row);
            held[w] = held[w] & ~BIT(row);
            progress = PROGRESSED;
            if
            :: held[w] == 0 -> give_emission_back(w); break
            :: else
            fi
        :: else
        fi
    }
    row = 0;
    w = 0
}

inline sink_step()
{
    if
    :: failed -> progress = DONE
    :: else ->
        progress = WAITS;
        take_side();
        for (w : 0 .. WORKERS - 1) { feed(w) }
        write_rows();
        all = true;
        for (w : 0 .. WORKERS - 1) { all = all && held[w] == 0 }
        w = 0;
        if
        :: all && at_barrier == BELOW(WORKERS + 1) ->
            at_barrier = 0;
            assert(snapshot_is_home[SINK]);
            snapshot_is_home[SINK] = false;
            snapshots[SINK]!written, rejected;
            told[KEEPER] = true;
            progress = PROGRESSED
        :: all && at_barrier != BELOW(WORKERS + 1) && open_count == 0 -> progress = DONE
        :: else
        fi
    fi;
    rows = 0;
    complete = 0;
    flags = 0;
    w = 0
}

inline sink_nudge()
{
    for (w : 0 .. WORKERS - 1) { tell_owed(owes_home[w], w + 1) }
    w = 0
}

proctype sink()
{
    byte row, w, rows, complete, flags, progress, at_barrier, open_count = WORKERS + 1;
    byte held[WORKERS], known[WORKERS];
    bool all;
    RUN(SINK, sink_step(), sink_nudge())
}

/* --- the checkpointer --- */

inline keep()
{
    assert((below & owned[TO_SIDE]) == side_rows);
    for (i : 0 .. WORKERS - 1) { assert((below & owned[i]) == content[i + 1]) }
    assert((below & ~owned[TO_SIDE]) == content[SINK]);
    recorded = content[0];
    give_next = 2
}

/* The parser's goes home last: in a step of its own, for others may run before it. */
inline return_one(which)
{
    content[which] = 0;
    snapshot_is_home[which] = true;
#ifndef SILENT_RETURN
    told[which] = true
#endif
}

#ifdef PARSER_FIRST
#define IS_TURN_OF_PARSER (give_next == 2)
#else
#define IS_TURN_OF_PARSER (give_next == 1)
#endif
inline give_back()
{
    if
    :: IS_TURN_OF_PARSER -> return_one(0)
    :: else -> for (i : 1 .. WORKERS + 1) { return_one(i) }
    fi;
    give_next--;
    if
    :: give_next == 0 -> held = 0; side_rows = 0; below = 0
    :: else
    fi
}

inline keeper_step()
{
    if
    :: failed -> progress = DONE
    :: !failed && give_next > 0 -> progress = PROGRESSED; give_back()
    :: else ->
        progress = WAITS;
        for (i : 0 .. WORKERS + 1) {
            if
            :: !(held & BIT(i)) && nempty(snapshots[i]) ->
                snapshots[i]?content[i], rows;
                side_rows = side_rows | rows;
                held = held | BIT(i);
                progress = PROGRESSED
            :: (held & BIT(i)) || empty(snapshots[i])
            fi
        }
        if
        :: content[0] == LAST_WORD -> assert(held == BIT(0)); progress = DONE
        :: content[0] != LAST_WORD && held == BELOW(WORKERS + 2) ->
            below = BELOW(content[0]);
            keep()
        :: else
        fi
    fi;
    i = 0;
    rows = 0
}

proctype keeper()
{
    byte i, held, below, give_next, rows, side_rows, progress;
    byte content[WORKERS + 2];
    RUN(KEEPER, keeper_step(), skip)
}

/* --- the world --- */

/* The next row comes at any time, or only when nothing else can happen: then everything that can be
 * written has been. */
proctype reader()
{
    do
    :: given == ROWS || stopping || failed -> break
    :: else ->
        if
        :: true
        :: true -> timeout;
            assert(stopping || failed || (written | rejected) == BELOW(given))
        fi;
        atomic { given++; told[PARSER] = true }
    od
}

proctype clock()
{
    byte asked;
    do
    :: asked == CHECKPOINTS -> break
    :: else ->
#ifdef EVERY_ROW
        !wants_checkpoint || ended > 0;
#endif
        atomic { asked++; wants_checkpoint = true; told[PARSER] = true }
    od
}

inline wake_all()
{
    d_step { for (i : 0 .. STAGES - 1) { told[i] = true } }
}

proctype trouble()
{
    byte i;
    if
    :: true
#ifdef STOPS
    :: stopping = true; wake_all()
#endif
#ifdef FAILS
    :: failed = true;
#ifndef SILENT_FAILURE
        wake_all()
#endif
#endif
    fi
}

init
{
    byte i, who;
    atomic {
        for (i : 0 .. ROWS - 1) {
#ifdef ANY_OWNER
            select(who : 0 .. WORKERS);
#else
            who = i % WORKERS;
#endif
            owner[i] = who;
            owned[who] = owned[who] | BIT(i)
        }
        for (i : 0 .. WORKERS - 1) { batches_home[i] = BATCHES; emissions_home[i] = EMISSIONS }
        for (i : 0 .. WORKERS + 1) { snapshot_is_home[i] = true }
        run parser();
        for (i : 0 .. WORKERS - 1) { run worker(i) }
        run sink();
        run keeper();
        run reader();
#ifdef EVERY_ROW
        wants_checkpoint = true;
#endif
        run clock();
        run trouble()
    };
    ended == STAGES;
    d_step {
        if
        :: failed
        :: else ->
            assert((written | rejected) == BELOW(rows_done) && side_is_home);
            assert(!was_stopped || recorded == rows_done);
            assert(was_stopped || rows_done == ROWS);
            for (i : 0 .. WORKERS - 1) {
                assert(batches_home[i] == BATCHES && emissions_home[i] == EMISSIONS);
                assert(snapshot_is_home[i + 1])
            }
            assert(snapshot_is_home[SINK])
        fi
    }
}
