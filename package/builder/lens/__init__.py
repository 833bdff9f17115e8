# SPDX-License-Identifier: Apache-2.0
"""One module per kind of chart: from the description of a panel to the state Kibana's Lens keeps.

Each has KEYS (what the description of the chart may say) and state(chart, columns): the `visualization`
part of the state. columns.py makes what all charts share, the columns that the query answers.
"""

from lens import donut, heatmap, metric, table, xy

CHARTS = {"metric": metric, "xy": xy, "table": table, "donut": donut, "heatmap": heatmap}
