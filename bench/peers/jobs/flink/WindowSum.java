import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.SimpleStringEncoder;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.reader.TextLineInputFormat;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/**
 * The job in Flink's DataStream API, in one JVM: WindowSum PARALLELISM INPUT THRESHOLD OUTPUT, where
 * OUTPUT becomes a folder. One source, since the disorder of a file is only bounded if it is read from
 * front to back; windows in PARALLELISM threads. Sums are of cents, in a long.
 */
public final class WindowSum {
    private static final TypeInformation<Tuple3<String, Long, Long>> ROW =
        Types.TUPLE(Types.STRING, Types.LONG, Types.LONG);
    private static final TypeInformation<Tuple2<Long, Long>> SUM = Types.TUPLE(Types.LONG, Types.LONG);

    public static void main(String[] arguments) throws Exception {
        int parallelism = Integer.parseInt(arguments[0]);
        long thresholdCents = Long.parseLong(arguments[2]) * 100;
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(parallelism);
        environment.getConfig().enableObjectReuse();
        FileSource<String> file =
            FileSource.forRecordStreamFormat(new TextLineInputFormat(), new Path(arguments[1])).build();
        WatermarkStrategy<Tuple3<String, Long, Long>> watermarks =
            WatermarkStrategy.<Tuple3<String, Long, Long>>forBoundedOutOfOrderness(Duration.ofSeconds(1))
                .withTimestampAssigner((row, before) -> row.f1);
        environment.fromSource(file, WatermarkStrategy.noWatermarks(), "file").setParallelism(1)
            .filter(line -> !line.startsWith("transaction_id,")).setParallelism(1)
            .map(WindowSum::parse, ROW).setParallelism(1)
            .assignTimestampsAndWatermarks(watermarks).setParallelism(1)
            .keyBy(row -> row.f0)
            .window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
            .aggregate(new Sum(), new Print(thresholdCents), SUM, SUM, Types.STRING)
            .sinkTo(FileSink.forRowFormat(new Path(arguments[3]), new SimpleStringEncoder<String>()).build());
        environment.execute("window sum");
    }

    /** key, event time in ms, cents of "tx1,2024-05-11 10:00:00.123,1234.56" */
    static Tuple3<String, Long, Long> parse(String line) {
        int first = line.indexOf(','), second = line.indexOf(',', first + 1);
        int point = line.length() - 3; // amounts have two decimals here
        long cents = Long.parseLong(line, second + 1, point, 10) * 100
            + Long.parseLong(line, point + 1, point + 3, 10);
        return Tuple3.of(line.substring(0, first), time(line, first + 1, second), cents);
    }

    private static long time(String line, int from, int to) {
        long seconds = LocalDateTime.of(number(line, from, 4), number(line, from + 5, 2), number(line, from + 8, 2),
            number(line, from + 11, 2), number(line, from + 14, 2), number(line, from + 17, 2))
            .toEpochSecond(ZoneOffset.UTC);
        return seconds * 1000 + (to - from > 20 ? number(line, from + 20, 3) : 0);
    }

    private static int number(String line, int from, int digits) {
        return Integer.parseInt(line, from, from + digits, 10);
    }

    /** (cents, rows) of a window */
    private static final class Sum
        implements AggregateFunction<Tuple3<String, Long, Long>, Tuple2<Long, Long>, Tuple2<Long, Long>> {
        @Override
        public Tuple2<Long, Long> createAccumulator() {
            return Tuple2.of(0L, 0L);
        }

        @Override
        public Tuple2<Long, Long> add(Tuple3<String, Long, Long> row, Tuple2<Long, Long> sum) {
            sum.f0 += row.f2;
            sum.f1++;
            return sum;
        }

        @Override
        public Tuple2<Long, Long> getResult(Tuple2<Long, Long> sum) {
            return sum;
        }

        @Override
        public Tuple2<Long, Long> merge(Tuple2<Long, Long> one, Tuple2<Long, Long> other) {
            return Tuple2.of(one.f0 + other.f0, one.f1 + other.f1);
        }
    }

    /** The line of a window whose sum is above the threshold. */
    private static final class Print extends ProcessWindowFunction<Tuple2<Long, Long>, String, String, TimeWindow> {
        private static final DateTimeFormatter START = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
        private final long thresholdCents;

        Print(long thresholdCents) {
            this.thresholdCents = thresholdCents;
        }

        @Override
        public void process(String key, Context context, Iterable<Tuple2<Long, Long>> sums, Collector<String> out) {
            Tuple2<Long, Long> sum = sums.iterator().next();
            if (sum.f0 <= thresholdCents) {
                return;
            }
            LocalDateTime start =
                LocalDateTime.ofEpochSecond(context.window().getStart() / 1000, 0, ZoneOffset.UTC);
            String cents = Long.toString(100 + sum.f0 % 100).substring(1);
            out.collect(START.format(start) + "," + key + "," + sum.f0 / 100 + "." + cents + "," + sum.f1);
        }
    }
}
