"""What random cases may draw; a build that has not all of it names what it has."""
from argparse import ArgumentTypeError

WINDOWS = ("tumbling", "sliding", "session", "count")
FEATURES = (*WINDOWS, "virtual", "inactive", "history", "sides", "partitions", "trace", "flink", "formulas",
            "resume")


def add_features(parser):
    parser.add_argument("--features", type=_listed, default=frozenset(FEATURES), metavar="LIST",
                        help=f"draw these only: {','.join(FEATURES)}")


def _listed(text):
    chosen = frozenset(text.split(","))
    if unknown := chosen - frozenset(FEATURES):
        raise ArgumentTypeError(f"no such features: {', '.join(unknown)}")
    return chosen
