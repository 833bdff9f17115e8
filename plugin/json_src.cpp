// SPDX-License-Identifier: Apache-2.0
// The one file that compiles Boost.JSON's sources, so that no binary package of it is needed.
#include <boost/json/src.hpp>
