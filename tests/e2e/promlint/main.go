// SPDX-License-Identifier: Apache-2.0

// Reads metrics from standard input and names what `promtool check metrics` would: its linter is the same. Ends with 1 if
// there is anything.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func main() {
	problems, err := promlint.New(os.Stdin).Lint()
	if err != nil {
		fmt.Println("the text cannot be read:", err)
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Println(problem.Metric+":", problem.Text)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}
