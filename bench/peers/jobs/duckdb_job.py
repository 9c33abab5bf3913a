"""The job in DuckDB: duckdb_job.py FOLDER TYPE INPUT THRESHOLD OUTPUT; TYPE is what amounts are read as."""
import sys

folder, amount, source, threshold, target = sys.argv[1:]
sys.path.insert(0, folder)
import duckdb  # noqa: E402

source, target = (path.replace("'", "''") for path in (source, target))
duckdb.sql(f"""
    COPY (
        SELECT strftime(time_bucket(INTERVAL 10 SECONDS, timestamp), '%Y-%m-%d %H:%M:%S') AS window_start,
               transaction_id AS key, sum(amount) AS sum, count(*) AS count
        FROM read_csv('{source}', header = true, columns = {{
            'transaction_id': 'VARCHAR', 'timestamp': 'TIMESTAMP', 'amount': '{amount}'}})
        GROUP BY time_bucket(INTERVAL 10 SECONDS, timestamp), transaction_id
        HAVING sum(amount) > {threshold}
    ) TO '{target}' (HEADER false)""")
