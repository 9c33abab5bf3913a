"""The job in ClickHouse, inside this process: chdb_job.py FOLDER INPUT THRESHOLD OUTPUT."""
import sys

folder, source, threshold, target = sys.argv[1:]
sys.path.insert(0, folder)
import chdb  # noqa: E402

source, target = (path.replace("'", "''") for path in (source, target))
chdb.query(f"""
    SELECT toStartOfInterval(timestamp, INTERVAL 10 SECOND) AS window_start, transaction_id AS key,
           sum(amount) AS sum, count() AS count
    FROM file('{source}', CSVWithNames,
              'transaction_id String, timestamp DateTime64(3, ''UTC''), amount Decimal(27, 6)')
    GROUP BY window_start, key
    HAVING sum > {threshold}
    INTO OUTFILE '{target}' TRUNCATE FORMAT CSV""")
