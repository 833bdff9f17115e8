// SPDX-License-Identifier: Apache-2.0

// Validates Elastic packages with the official validator: folders as source form, zips as built form, and both in
// the mode that older tools use, where warnings count as errors. (The newer modes warn that they are previews.)
// Nothing is excluded. Prints what it finds and exits with 1 if that is anything.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/elastic/package-spec/v3/code/go/pkg/validator"
)

func validate(path string) error {
	own, check := validator.SourceMode, (*validator.Validator).ValidateFromPath
	if strings.HasSuffix(path, ".zip") {
		own, check = validator.BuildMode, (*validator.Validator).ValidateFromZip
	}
	for _, mode := range []validator.Mode{own, validator.LegacyMode} {
		v, err := validator.New(mode, validator.WithWarningsAsErrors(mode == validator.LegacyMode))
		if err == nil {
			err = check(v, path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judge prints the verdict on each folder that standard input names, a line of JSON each, in the strictest mode.
func judge() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		verdict, err := json.Marshal(map[string]string{"path": lines.Text(), "fault": fault(lines.Text())})
		if err != nil {
			panic(err)
		}
		fmt.Println(string(verdict))
	}
}

// fault is what the validator has against a folder, or what it stumbled over; empty if nothing.
func fault(path string) (text string) {
	defer func() {
		if reason := recover(); reason != nil {
			text = fmt.Sprintf("the validator stumbled: %v", reason)
		}
	}()
	v, err := validator.New(validator.LegacyMode, validator.WithWarningsAsErrors(true))
	if err == nil {
		err = v.ValidateFromPath(path)
	}
	if err != nil {
		text = err.Error()
	}
	return text
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-" {
		judge()
		return
	}
	failed := len(os.Args) < 2
	if failed {
		fmt.Fprintln(os.Stderr, "usage: official <folder or zip of a package> ..., or - for folders from standard input")
	}
	for _, path := range os.Args[1:] {
		if err := validate(path); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			failed = true
			continue
		}
		fmt.Printf("%s: valid\n", path)
	}
	if failed {
		os.Exit(1)
	}
}
