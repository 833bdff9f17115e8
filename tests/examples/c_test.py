# SPDX-License-Identifier: Apache-2.0
"""The shipper in C, with make and pkg-config."""

import unittest

import shipping


class C(shipping.Shipping):
    LANGUAGE = "c"


if __name__ == "__main__":
    unittest.main()
