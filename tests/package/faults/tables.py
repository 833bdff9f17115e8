# SPDX-License-Identifier: Apache-2.0
"""All planted faults: those that our validator alone finds, and those that the official one finds too."""

from . import data, files, kibana, settings

FAULTS = [*files.FAULTS, *settings.FAULTS, *data.FAULTS, *kibana.FAULTS]
BOTH = [*settings.BOTH, *data.BOTH]
