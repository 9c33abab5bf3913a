"""The job in Polars: polars_job.py FOLDER TYPE INPUT THRESHOLD OUTPUT; TYPE is decimal or double."""
import sys

folder, kind, source, threshold, target = sys.argv[1:]
sys.path.insert(0, folder)
import polars as pl  # noqa: E402

amount = pl.Decimal(38, 6) if kind == "decimal" else pl.Float64
(pl.scan_csv(source, schema={"transaction_id": pl.String, "timestamp": pl.String, "amount": amount})
 .with_columns(pl.col("timestamp").str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ms").dt.truncate("10s"))
 .group_by("timestamp", "transaction_id")
 .agg(pl.col("amount").sum().alias("sum"), pl.len().alias("count"))
 .filter(pl.col("sum") > int(threshold))
 .select(pl.col("timestamp").dt.strftime("%Y-%m-%d %H:%M:%S").alias("window_start"),
         pl.col("transaction_id").alias("key"), "sum", "count")
 .collect(engine="streaming")
 .write_csv(target, include_header=False))
