#include "engine/instruments/generate/generate.h"

#include "engine/base/memory.h"
#include "engine/instruments/generate/shape_text.h"

enum { BUFFER_BYTES = 1 << 18 };
static const int64_t last_ms_max = 253402300799999; /* 9999-12-31 23:59:59.999 UTC */

struct generator {
    const struct tide_generate_plan *plan;
    struct tide_random random;
    struct tide_place place;
    struct tide_zone zone;
    struct tide_row_writer writer;
    struct tide_anomalies anomalies;
    char *buffer;
};

static bool has_kind(const struct tide_generate_plan *plan, enum tide_damage kind)
{
    return plan->malformed.share > 0 && tide_damage_mix_has(&plan->malformed, kind);
}

bool tide_generate_fits(const struct tide_generate_plan *plan)
{
    int64_t span_ms = (int64_t)(plan->row_count * 1000 / plan->times.rate);
    int64_t ahead_ms = has_kind(plan, TIDE_FUTURE) ? tide_future_ms : 0;
    return span_ms <= last_ms_max - tide_first_ms - ahead_ms;
}

/* One of the mix's kinds; what is left of the draw is for the kind itself. */
static void choose_damage(const struct tide_damage_mix *mix, uint64_t draw,
                          struct tide_made_row *row)
{
    row->damage = mix->kinds[draw % mix->kind_count];
    row->detail = draw / mix->kind_count;
    if (row->damage == TIDE_FUTURE) row->time_ms += tide_future_ms;
}

/* The row at the place; `is_planted`: it is neither damaged nor late, whatever was drawn. */
static inline struct tide_made_row draw_row(struct generator *generator, uint64_t number,
                                            bool is_planted)
{
    const struct tide_generate_plan *plan = generator->plan;
    struct tide_random *random = &generator->random;
    uint64_t fate = tide_random_below(tide_random_next(random), TIDE_SHARE_WHOLE);
    struct tide_made_row row = {.key = tide_keys_draw(&plan->keys, random, number),
                                .time_ms = generator->place.time_ms};
    row.cents = tide_amounts_draw(&plan->amounts, tide_random_next(random));
    int64_t behind_ms = tide_times_behind_ms(&plan->times, tide_random_next(random));
    uint64_t detail = tide_random_next(random);

    uint64_t late_from = plan->malformed.share, missing_from = late_from + plan->late_share;
    if (!is_planted && fate >= late_from && fate < missing_from) {
        row.time_ms -= tide_times_late_ms(&plan->times, detail);
        return row;
    }
    row.time_ms -= behind_ms;
    if (row.time_ms < tide_first_ms) row.time_ms = tide_first_ms;
    if (!is_planted && fate < late_from) choose_damage(&plan->malformed, detail, &row);
    else if (!is_planted && fate - missing_from < plan->missing.share)
        choose_damage(&plan->missing, detail, &row);
    return row;
}

static bool write_rows(struct generator *generator, struct tide_output *rows,
                       struct tide_error *error)
{
    struct tide_anomalies *anomalies = &generator->anomalies;
    char *start = generator->buffer, *out = tide_row_put_header(&generator->writer, start);
    for (uint64_t number = 0; number < generator->plan->row_count; number++) {
        if ((size_t)(out - start) > BUFFER_BYTES) {
            if (!tide_output_write(rows, start, (size_t)(out - start), error)) return false;
            out = start;
        }
        bool is_planted = number == anomalies->next_row;
        struct tide_made_row row = draw_row(generator, number, is_planted);
        if (is_planted && !tide_anomalies_plant(anomalies, &row, &generator->writer, error))
            return false;
        out = tide_row_put(&generator->writer, out, &row);
        tide_place_next(&generator->place);
    }
    return tide_output_write(rows, start, (size_t)(out - start), error) &&
           tide_anomalies_finish(anomalies, error);
}

bool tide_generate(const struct tide_generate_plan *plan, struct tide_output *rows,
                   struct tide_output *truth, struct tide_error *error)
{
    struct generator generator = {
        .plan = plan, .random = {.state = plan->seed}, .place = tide_place_first(&plan->times)};
    if (!tide_zone_init(&generator.zone, "UTC", error)) return false;
    tide_row_writer_init(&generator.writer, plan->form, &generator.zone);
    tide_anomalies_init(&generator.anomalies, &plan->anomalies, plan->row_count, plan->seed, truth);
    generator.buffer =
        tide_alloc(BUFFER_BYTES + tide_row_bytes_max(has_kind(plan, TIDE_ROW_TOO_LONG)));
    if (!generator.buffer) return tide_error_memory(error, "rows");
    bool ok = write_rows(&generator, rows, error);
    tide_free(generator.buffer);
    return ok;
}
