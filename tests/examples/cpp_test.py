# SPDX-License-Identifier: Apache-2.0
"""The shipper in C++, with CMake and find_package."""

import unittest

import shipping


class Cpp(shipping.Shipping):
    LANGUAGE = "cpp"


if __name__ == "__main__":
    unittest.main()
