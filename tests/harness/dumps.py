"""The real dumps below EXTRA/data: how to unpack them, and the options that fit each."""
import gzip
import io
import subprocess
import tarfile

DAILY = ("--window", "tumbling:1d", "--out-of-orderness", "unbounded", "--aggregate", "sum,count,min,max,mean,stddev",
         "--alert", "big=sum > 100000 AND count > 1")


def columns(key, time, value, *more):
    return ["--key", key, "--time", time, "--value", value, *more]


SMALL_DUMPS = {
    "leeds-raw-2011-09.csv.gz": columns("Transaction number", "Date paid", "Net amount",
                                        "--time-format", "%d/%m/%Y", *DAILY),
    "leeds-raw-2012-11.csv.gz": columns("TransactionNumber", "DatePaid", "NetAmount", "--time-format", "%d-%b-%Y",
                                        "--out-of-orderness", "7d", "--window", "tumbling:1d",
                                        "--timezone", "Europe/London"),
    "leeds-raw-2013-04.csv.gz": columns("ServiceLabel", "DatePaid", "NetAmount", "--time-format", "%d-%b-%Y", *DAILY),
    "leeds-raw-2020-06.csv.gz": columns("Beneficiary Name", "Payment Date", "Amount", "--time-format", "%d/%m/%Y",
                                        "--out-of-orderness", "30d", "--window", "tumbling:7d+3d", "--trim"),
    "gateshead-2015-06-bom.csv.gz": columns("Supplier ID(T)", "Updated", "Amount", *DAILY),
    "london-2015-P13-parens.csv.gz": columns("Vendor Name", "Clearing Date", "Amount", *DAILY),
    "chicago-taxi.csv.gz": columns("company", "trip_start_timestamp", "fare", "--time-format", "epoch-s", *DAILY),
    "ethereum-transactions.csv.gz": columns("from_address,to_address", "block_timestamp", "value",
                                            "--time-format", "epoch-s", "--decimals", "0", *DAILY),
}
OXFORD_COLUMNS = ("trans no", "paid date", "amount")


def unpacked(path):
    """The bytes of a .gz or .zst file."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout


def small_dumps(folder):
    """Yields (name, bytes, options of run) of each dump a naive reader gets through in seconds."""
    for name, options in SMALL_DUMPS.items():
        yield name.removesuffix(".gz"), unpacked(folder / name), options
    for name, data in tar_members(folder / "oxford-over-500.tar.zst"):
        yield name, data, oxford_options(data)
    for name, data in tar_members(folder / "nab.tar.zst"):
        if name.startswith("machine_temperature"):
            yield name, data, columns("value", "timestamp", "value", "--window", "tumbling:1h", "--decimals", "9")


def tar_members(path):
    with tarfile.open(fileobj=io.BytesIO(unpacked(path))) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if member.name.endswith(".csv"):
                yield member.name.rpartition("/")[2], archive.extractfile(member).read()


def oxford_options(data):
    """Nearly every file of this set spells its header in its own way."""
    header = data.splitlines()[0].decode("utf-8-sig").split(",")
    plain = {name.strip().lower().replace("_", " "): name.strip() for name in header}
    return columns(*(plain[name] for name in OXFORD_COLUMNS), "--time-format", "%d/%m/%Y", *DAILY)
