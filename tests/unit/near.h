/* Asserts that two doubles are within a tolerance; cmocka compares floats only. */
#ifndef TIDE_TESTS_NEAR_H
#define TIDE_TESTS_NEAR_H

#include <math.h>

#define assert_near(value, expected, tolerance)                                                    \
    do {                                                                                           \
        double near_value = (value), near_expected = (expected);                                   \
        if (!(fabs(near_value - near_expected) <= (tolerance)))                                    \
            fail_msg("%s is %.12g, not %.12g", #value, near_value, near_expected);                 \
    } while (0)

#endif
