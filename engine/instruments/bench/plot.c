#include "engine/instruments/bench/plot.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

const char tide_plot_program[] = "gnuplot", tide_plot_package[] = "gnuplot-nox";

/* M. Okabe and K. Ito's colours, which people tell apart who do not see all colours. */
static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000"};
enum { COLOUR_COUNT = sizeof colours / sizeof colours[0] };

/* The ideal line leaves the picture where nothing else goes. */
#define HEADROOM 1.25

/* From 1 to 16 and more, small levels would stand on top of each other. */
enum { WIDE_RANGE = 16 };
#define LOG_MARGIN 1.2

/* A text of gnuplot's that stands for itself. */
static void put_text(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'') fputc('\'', out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    fputc('\'', out);
}

static double rate(const struct tide_level_figures *level, double wall_s)
{
    return wall_s > 0 ? (double)level->rows / wall_s / 1e6 : 0;
}

static double greatest_rate(const struct tide_bench_report *report)
{
    double most = 0;
    for (unsigned s = 0; s < report->job->cases->series_count; s++)
        for (unsigned i = 0; i < report->series[s].level_count; i++) {
            const struct tide_level_figures *level = &report->series[s].levels[i];
            double value = rate(level, level->wall_s.least);
            if (value > most) most = value;
        }
    return most;
}

/* The values are numbers and words, which need no escape. */
static void put_series_name(FILE *out, const struct tide_bench_series *series)
{
    const char *separator = "\"";
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++) {
        if (!series->items[0].values[axis]) continue;
        fprintf(out, "%s%s %s", separator, tide_bench_axis_name((enum tide_bench_axis)axis),
                series->items[0].values[axis]);
        separator = ", ";
    }
    fputc('"', out);
}

static void put_frame(const struct tide_bench_report *report, FILE *out, double top)
{
    const struct tide_bench_job *job = report->job;
    char title[512];
    fprintf(out, "set terminal svg size 900,560 dynamic font 'sans-serif,14' background 'white'\n"
                 "set encoding utf8\n"
                 "set border 3 lc rgb '#555555'\nset tics nomirror out textcolor rgb '#333333'\n"
                 "set grid ytics lc rgb '#d8d8d8' lw 1 dt 1\nset bars 1.2\n"
                 "set key at screen 0.5, screen 0.02 center bottom maxrows 2 width 2 noenhanced\n");
    snprintf(title, sizeof title, "%s%s: %.3g M rows, %.3g MB, --order %s", job->plan->files[0],
             job->plan->file_count > 1 ? " and more" : "",
             (double)report->series[0].levels[0].rows / 1e6, (double)report->file_bytes / 1e6,
             job->cases->value_counts[TIDE_BENCH_ORDER]
                 ? "varied"
                 : tide_bench_order_name(report->series[0].items[0].order));
    fputs("set label 1 ", out);
    put_text(out, title);
    fputs(" at graph 0, graph 1.115 noenhanced font 'sans-serif,17'\n", out);
    snprintf(title, sizeof title, "%s, %u core%s; %u runs each, bars from least to most",
             report->machine->processor, report->machine->cores,
             report->machine->cores == 1 ? "" : "s", job->run_count);
    fputs("set label 2 ", out);
    put_text(out, title);
    fputs(" at graph 0, graph 1.04 noenhanced textcolor rgb '#666666'\n", out);
    fprintf(out,
            "set rmargin 3\nset tmargin 5\nset bmargin 6\nset ylabel 'throughput "
            "(million rows a second)'\n"
            "set yrange [0:%g]\n",
            top > 0 ? HEADROOM * top : 1);
}

/* x, rate at the median, at the most time, at the least time */
static void put_level(FILE *out, double x, const struct tide_level_figures *level)
{
    fprintf(out, "%g %g %g %g\n", x, rate(level, level->wall_s.median),
            rate(level, level->wall_s.most), rate(level, level->wall_s.least));
}

static void put_data(const struct tide_bench_report *report, FILE *out)
{
    for (unsigned s = 0; s < report->job->cases->series_count; s++) {
        const struct tide_bench_series *series = &report->series[s];
        fprintf(out, "$series%u << END\n", s);
        for (unsigned i = 0; i < series->level_count; i++)
            put_level(out, series->levels[i].parallelism, &series->levels[i]);
        fputs("END\n", out);
    }
}

static void put_curves(const struct tide_bench_series *series, FILE *out)
{
    const struct tide_level_figures *first = &series->levels[0];
    unsigned last = series->levels[series->level_count - 1].parallelism;
    if (series->has_model) {
        fputs("$model << END\n", out);
        for (unsigned n = 1; n <= last; n++) {
            struct tide_prediction prediction;
            tide_model_predict(&series->model, n, first->cores, &prediction);
            fprintf(out, "%u %g\n", n, rate(first, prediction.wall_s));
        }
        fputs("END\n", out);
    }
    if (series->has_usl) {
        fputs("$usl << END\n", out);
        for (unsigned n = 1; n <= last; n++)
            fprintf(out, "%u %g\n", n, tide_usl_throughput(&series->usl, n) / 1e6);
        fputs("END\n", out);
    }
}

static void put_x_axis(const struct tide_bench_report *report, FILE *out)
{
    const struct tide_bench_cases *cases = report->job->cases;
    unsigned first = cases->levels[0], last = cases->levels[cases->level_count - 1];
    unsigned cores = report->machine->cores;
    fputs("set xlabel 'workers (--parallelism N)'\nset xtics (", out);
    for (unsigned i = 0; i < cases->level_count; i++)
        fprintf(out, "%s%u", i ? ", " : "", cases->levels[i]);
    if (last >= WIDE_RANGE * first) {
        fprintf(out, ")\nset logscale x 2\nset samples 400\nset xrange [%g:%g]\n",
                first / LOG_MARGIN, last * LOG_MARGIN);
    } else {
        double margin = last > first ? 0.05 * (last - first) : 0.5;
        fprintf(out, ")\nset xrange [%g:%g]\n", first - margin, last + margin);
    }
    if (cores < first || cores > last) return;
    fprintf(
        out,
        "set arrow 1 from first %u, graph 0 to first %u, graph 1 nohead dt 3 lc rgb '#999999'\n"
        "set label 3 '%u core%s' at first %u, graph 0.04 offset 0.6,0 textcolor rgb '#777777'\n",
        cores, cores, cores, cores == 1 ? "" : "s", cores);
}

static void plot_one(const struct tide_bench_series *series, FILE *out)
{
    const struct tide_level_figures *first = &series->levels[0];
    put_curves(series, out);
    fprintf(out, "plot %g * x title 'linear speed-up' with lines dt 2 lw 1.5 lc rgb '#999999'",
            rate(first, first->wall_s.median) / first->parallelism);
    if (series->has_model)
        fprintf(out, ", \\\n $model using 1:2 title 'model' with lines lw 2 lc rgb '%s'",
                colours[1]);
    if (series->has_usl)
        fprintf(out,
                ", \\\n $usl using 1:2 title 'Universal Scalability Law' with lines dt 4 lw 2 lc "
                "rgb '%s'",
                colours[2]);
    fprintf(out,
            ", \\\n $series0 using 1:2:3:4 title 'measured' with yerrorlines pt 7 ps 0.9 lw 2 lc "
            "rgb '%s'\n",
            colours[0]);
}

static void plot_several(const struct tide_bench_report *report, FILE *out)
{
    for (unsigned s = 0; s < report->job->cases->series_count; s++) {
        fprintf(out, "%s$series%u using 1:2:3:4 title ", s ? ", \\\n " : "plot ", s);
        put_series_name(out, &report->series[s]);
        fprintf(out, " with yerrorlines pt %u ps 0.9 lw 2 lc rgb '%s'", 4 + s % 10,
                colours[s % COLOUR_COUNT]);
    }
    fputc('\n', out);
}

/* What is varied, or a series' values of it, one below the other. */
static void put_stack(FILE *out, const struct tide_bench_case *item, bool is_heads)
{
    const char *separator = "\"";
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++) {
        if (!item->values[axis]) continue;
        const char *name = tide_bench_axis_name((enum tide_bench_axis)axis);
        fprintf(out, "%s%s", separator, is_heads ? name : item->values[axis]);
        separator = "\\n";
    }
    fputc('"', out);
}

/* One level: a point for each series, side by side. */
static void plot_side_by_side(const struct tide_bench_report *report, FILE *out)
{
    unsigned count = report->job->cases->series_count;
    fputs("$cases << END\n", out);
    for (unsigned s = 0; s < count; s++) put_level(out, s, &report->series[s].levels[0]);
    fprintf(out, "END\nunset key\nset xrange [-0.5:%g]\nset xtics noenhanced (", count - 0.5);
    for (unsigned s = 0; s < count; s++) {
        if (s > 0) fputs(", ", out);
        put_stack(out, report->series[s].items, false);
        fprintf(out, " %u", s);
    }
    fputs(")\nset label 3 ", out);
    put_stack(out, report->series[0].items, true);
    fprintf(out,
            " at graph 0, graph 0 right offset -2,-1.2 noenhanced textcolor rgb '#333333'\n"
            "set lmargin 14\nset xlabel 'at parallelism %u' offset 0,-1.5\n"
            "plot $cases using 1:2:3:4 with yerrorbars pt 7 ps 0.9 lw 2 lc rgb '%s'\n",
            report->series[0].levels[0].parallelism, colours[0]);
}

void tide_bench_plot_script(const struct tide_bench_report *report, FILE *out)
{
    const struct tide_bench_cases *cases = report->job->cases;
    put_frame(report, out, greatest_rate(report));
    if (cases->series_count > 1 && cases->level_count == 1) {
        plot_side_by_side(report, out);
        return;
    }
    put_x_axis(report, out);
    put_data(report, out);
    if (cases->series_count == 1) plot_one(&report->series[0], out);
    else plot_several(report, out);
}

/* --- drawing it --- */

static bool write_script(const struct tide_bench_report *report, const char *path,
                         struct tide_error *error)
{
    FILE *script = tide_sys_fopen(path, "we");
    if (!script) return tide_error_system(error, errno, "cannot create %s", path);
    tide_bench_plot_script(report, script);
    bool failed = ferror(script) != 0;
    failed |= tide_sys_fclose(script) != 0;
    return !failed || tide_error_system(error, errno, "cannot write %s", path);
}

static bool run_gnuplot(const struct tide_bench_report *report, int script, int picture,
                        struct tide_error *error)
{
    const char *const arguments[] = {tide_plot_program, NULL};
    const struct tide_program program = {
        .arguments = arguments, .package = tide_plot_package, .streams = {script, picture, -1}};
    struct tide_process_end end;
    if (!tide_bench_guard_run(report->job->guard, program, &end, error)) return false;
    return end.status == 0 ||
           tide_error_set(error, TIDE_EXIT_FAILED,
                          "gnuplot could not draw: it ended with status %d", end.status);
}

static bool copy(int fd, const char *path, struct tide_output *output, struct tide_error *error)
{
    char buffer[1 << 14];
    uint64_t bytes = 0;
    if (tide_sys_lseek(fd, 0, SEEK_SET) != 0)
        return tide_error_system(error, errno, "cannot read %s", path);
    for (;;) {
        ssize_t got = tide_retry_read(fd, buffer, sizeof buffer);
        if (got < 0) return tide_error_system(error, errno, "cannot read %s", path);
        if (got == 0) break;
        bytes += (uint64_t)got;
        if (!tide_output_write(output, buffer, (size_t)got, error)) return false;
    }
    return bytes > 0 || tide_error_set(error, TIDE_EXIT_FAILED, "gnuplot drew nothing");
}

bool tide_bench_plot(const struct tide_bench_report *report, struct tide_output *output,
                     struct tide_error *error)
{
    struct tide_bench_path script_path = tide_bench_folder_file(report->job->folder, "plot");
    struct tide_bench_path path = tide_bench_folder_file(report->job->folder, "picture");
    if (!write_script(report, script_path.text, error)) return false;
    int script = tide_retry_open(script_path.text, O_RDONLY | O_CLOEXEC, 0);
    int picture = tide_retry_open(path.text, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = script >= 0 && picture >= 0;
    if (!ok) tide_error_system(error, errno, "cannot open the plot's files");
    ok = ok && run_gnuplot(report, script, picture, error) &&
         copy(picture, path.text, output, error);
    if (script >= 0) tide_sys_close(script);
    if (picture >= 0) tide_sys_close(picture);
    return ok;
}
