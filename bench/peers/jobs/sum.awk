# The job in awk: mawk -F, -v threshold=8000 -f sum.awk INPUT >OUTPUT
# Amounts have two decimals here, so cents are summed: whole numbers, exact up to 2^53. A window of ten
# seconds begins where the text of its rows' time has a 0 instead of the last digit.
NR > 1 {
    group = substr($2, 1, 18) "0," $1
    cents[group] += substr($3, 1, length($3) - 3) * 100 + substr($3, length($3) - 1)
    count[group]++
}
END {
    for (group in cents)
        if (cents[group] > threshold * 100)
            printf "%s,%.0f.%02d,%d\n", group, int(cents[group] / 100), cents[group] % 100, count[group]
}
