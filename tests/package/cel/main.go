// SPDX-License-Identifier: Apache-2.0

// Runs a program of the Elastic Agent's cel input with Elastic's own library, as the input runs it: what becomes of
// events, cursor, want_more and state is as documented for the input. Time is what the test says it is.
//
// A line of JSON on standard input is a command, and each is answered by lines of JSON on standard output:
//
//	{"config": {...}}                       what the input is told: program, state, secret_state, resource.url
//	{"run": "2026-11-20T12:00:00Z"}         one interval; an answer {"events": [...], "failed": ...} for each evaluation
//	{"run": "...", "executions": 2}         the same, ended after two evaluations, as a stop of the Agent ends it
//	{"restart": true}                       all is forgotten but the cursor of the last event that was published
//
// The last answer to a command is {"done": true, "cursor": ..., "evaluations": n}.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"time"

	"github.com/elastic/mito/lib"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
	"google.golang.org/protobuf/types/known/structpb"
)

type object = map[string]any

type config struct {
	Program     string `json:"program"`
	State       object `json:"state"`
	SecretState object `json:"secret_state"`
	URL         string `json:"resource.url"`
	Authorities string `json:"authorities"`
	Cursor      object `json:"cursor"` // what the registry has already
}

type command struct {
	Config     *config   `json:"config"`
	Run        time.Time `json:"run"`
	Executions int       `json:"executions"`
	Restart    bool      `json:"restart"`
}

// input is what the Agent holds between intervals.
type input struct {
	told      config
	program   cel.Program
	state     object
	published object // the cursor that the registry has
}

func client(authorities string) (*http.Client, error) {
	settings := &tls.Config{}
	if authorities != "" {
		pem, err := os.ReadFile(authorities)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = x509.NewCertPool()
		settings.RootCAs.AppendCertsFromPEM(pem)
	}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: settings}}, nil
}

func start(told config) (*input, error) {
	to, err := client(told.Authorities)
	if err != nil {
		return nil, err
	}
	xml, err := lib.XML(nil, nil)
	if err != nil {
		return nil, err
	}
	environment, err := cel.NewEnv(
		cel.Variable("state", cel.DynType), cel.OptionalTypes(cel.OptionalTypesVersion(lib.OptionalTypesVersion)),
		ext.TwoVarComprehensions(ext.TwoVarComprehensionsVersion(lib.OptionalTypesVersion)),
		lib.Collections(), lib.Crypto(), lib.JSON(nil), xml, lib.Printf(), lib.Strings(), lib.Time(), lib.Try(),
		lib.HTTPWithContextOpts(context.Background(), to, lib.HTTPOptions{}),
		lib.Globals(object{"useragent": "agent", "env": map[string]string{}, "remaining_executions": 0}),
	)
	if err != nil {
		return nil, err
	}
	ast, issues := environment.Compile(told.Program)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := environment.Program(ast)
	if err != nil {
		return nil, err
	}
	made := &input{told: told, program: program, published: told.Cursor}
	made.restart()
	return made, nil
}

func (in *input) restart() {
	in.state = object{}
	for name, value := range in.told.State {
		in.state[name] = value
	}
	if len(in.told.SecretState) > 0 {
		in.state["secret"] = in.told.SecretState
	}
	if in.published != nil {
		in.state["cursor"] = in.published
	}
	in.state["url"] = in.told.URL
}

// evaluate is one execution of the program. One that fails leaves the state, with an error as its only event.
func (in *input) evaluate(now time.Time) (failed error) {
	out, _, err := in.program.Eval(object{"now": types.Timestamp{Time: now}, "remaining_executions": 1, "state": in.state})
	if err == nil {
		var native any
		if native, err = out.ConvertToNative(reflect.TypeOf((*structpb.Struct)(nil))); err == nil {
			in.state = native.(*structpb.Struct).AsMap()
			return nil
		}
	}
	in.state["events"] = object{"error": object{"message": fmt.Sprintf("failed eval: %v", err)}}
	in.state["want_more"] = false
	return err
}

// run is one interval, at most `most` evaluations of it.
func (in *input) run(now time.Time, most int) (evaluations int) {
	for evaluations < most {
		evaluations++
		failed := in.evaluate(now)
		answer := object{"failed": nil}
		if failed != nil {
			answer["failed"] = failed.Error()
		}
		var events []any
		switch found := in.state["events"].(type) {
		case []any:
			events = found
		case object:
			events = []any{found}
			answer["error"] = true
			delete(in.state, "cursor")
		default:
			answer["failed"] = fmt.Sprintf("events are %T", found)
		}
		answer["events"] = events
		say(answer)
		if len(events) == 0 {
			return evaluations
		}
		delete(in.state, "events")
		if cursor, ok := in.state["cursor"].(object); ok {
			in.published = cursor
		}
		in.state["cursor"] = in.published
		if in.published == nil {
			in.state["cursor"] = object(nil)
		}
		if more, _ := in.state["want_more"].(bool); !more {
			return evaluations
		}
	}
	return evaluations
}

func say(value object) {
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		panic(err)
	}
}

func main() {
	var in *input
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var told command
		err := json.Unmarshal(lines.Bytes(), &told)
		evaluations := 0
		switch {
		case err != nil:
		case told.Config != nil:
			in, err = start(*told.Config)
		case in == nil:
			err = fmt.Errorf("no configuration yet")
		case told.Restart:
			in.restart()
		default:
			if told.Executions == 0 {
				told.Executions = 1000
			}
			evaluations = in.run(told.Run, told.Executions)
		}
		if err != nil {
			say(object{"done": true, "refused": err.Error()})
			continue
		}
		say(object{"done": true, "cursor": in.published, "evaluations": evaluations})
	}
}
