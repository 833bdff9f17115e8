// SPDX-License-Identifier: Apache-2.0

// The Agent's messages as Elastic's own module makes and reads them: `write` prints one a line, "kind hex json"; `read` takes
// "kind hex" lines and prints what is in them as JSON, a line each; `serve COMPONENT` runs one against a server of theirs. Used
// by tests, not shipped.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/elastic/elastic-agent-client/v7/pkg/proto"
	protobuf "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

type object = map[string]any

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// ---- What the Agent says ------------------------------------------------------------------------------------------

func source() object {
	deep := any("end")
	for range 20 {
		deep = object{"deeper": []any{deep}}
	}
	return object{"id": "one", "type": "anthropic_metrics", "revision": 3, "ratio": 0.25, "large": 9007199254740991.0,
		"tiny": 1e-300, "none": nil, "yes": true, "empty": object{}, "list": []any{1, "two", nil, []any{}},
		"admin_api_key": "canary-of-the-input", "__mark_redact_admin_api_key": true, "umlaut": "\u00e4\u2028\U0001f600\"\\",
		"streams": []any{object{"id": "u", "data_stream": object{"dataset": "anthropic_metrics.usage"}}}, "deep": deep}
}

func unit(id string, side proto.UnitType, state proto.State, index uint64, level proto.UnitLogLevel, from object) *proto.UnitExpected {
	out := &proto.UnitExpected{Id: id, Type: side, State: state, ConfigStateIdx: index, LogLevel: level}
	if from != nil {
		raw := must(structpb.NewStruct(from))
		stream := &proto.DataStream{Source: raw, Dataset: "d", Type: "metrics", Namespace: "default"}
		out.Config = &proto.UnitExpectedConfig{Source: raw, Id: "i", Type: "t", Name: "n", Revision: 7, DataStream: stream,
			Meta:    &proto.Meta{Source: raw, Package: &proto.Package{Source: raw, Name: "p", Version: "1"}},
			Streams: []*proto.Stream{{Source: raw, Id: "s", DataStream: stream}}}
	}
	return out
}

func agent() *proto.AgentInfo {
	return &proto.AgentInfo{Id: "a-1", Version: "9.6.0", Snapshot: true, Mode: proto.AgentManagedMode_STANDALONE, Unprivileged: true}
}

func wanted() []*proto.CheckinExpected {
	levels := []*proto.UnitExpected{}
	for level := range proto.UnitLogLevel_name {
		levels = append(levels, unit(fmt.Sprintf("level-%d", level), proto.UnitType_INPUT, proto.State_HEALTHY, 1, proto.UnitLogLevel(level), nil))
	}
	sort.Slice(levels, func(i, j int) bool { return levels[i].Id < levels[j].Id })
	return []*proto.CheckinExpected{
		{},
		{Units: []*proto.UnitExpected{
			unit("c-one", proto.UnitType_INPUT, proto.State_HEALTHY, 1, proto.UnitLogLevel_DEBUG, source()),
			unit("c", proto.UnitType_OUTPUT, proto.State_HEALTHY, 1<<63, proto.UnitLogLevel_INFO, object{"type": "elasticsearch"}),
			unit("c-two", proto.UnitType_INPUT, proto.State_STOPPED, 4, proto.UnitLogLevel_ERROR, nil)},
			AgentInfo: agent(), FeaturesIdx: 2, ComponentIdx: 300,
			Features: &proto.Features{Source: must(structpb.NewStruct(object{"x": 1})), Fqdn: &proto.FQDNFeature{Enabled: true}},
			Component: &proto.Component{Limits: &proto.ComponentLimits{Source: must(structpb.NewStruct(object{"y": 1})), GoMaxProcs: 4},
				ApmConfig: &proto.APMConfig{Elastic: &proto.ElasticAPM{Environment: "e", Hosts: []string{"h"}}}}},
		{Units: levels, UnitsTimestamp: timestamppb.New(time.Unix(1795932000, 123456789))},
	}
}

func describeExpected(message *proto.CheckinExpected) object {
	units := []any{}
	for _, unit := range message.Units {
		var source any
		if unit.Config != nil {
			source = unit.Config.Source.AsMap()
		}
		units = append(units, object{"id": unit.Id, "side": unit.Type, "runs": unit.State == proto.State_HEALTHY,
			"index": fmt.Sprint(unit.ConfigStateIdx), "level": strings.ToLower(unit.LogLevel.String()), "source": source})
	}
	var chunk any
	if mark := message.UnitsTimestamp; mark != nil {
		chunk = []any{mark.Seconds, mark.Nanos}
	}
	return object{"units": units, "features": message.FeaturesIdx, "component": message.ComponentIdx, "chunk": chunk}
}

func requests() []*proto.ActionRequest {
	return []*proto.ActionRequest{
		{Id: "1", Name: "echo", Params: []byte(`{"a":1}`), UnitId: "c-one", UnitType: proto.UnitType_INPUT, Type: proto.ActionRequest_CUSTOM},
		{Id: "2", Type: proto.ActionRequest_DIAGNOSTICS, Level: proto.ActionRequest_COMPONENT, Params: []byte(`{"additional_metrics":["CPU"]}`)},
		{Id: "3", Type: proto.ActionRequest_DIAGNOSTICS, Level: proto.ActionRequest_UNIT, UnitId: "c", UnitType: proto.UnitType_OUTPUT},
	}
}

func describeRequest(message *proto.ActionRequest) object {
	var unit any
	if message.UnitId != "" {
		unit = object{"id": message.UnitId, "side": message.UnitType}
	}
	return object{"id": message.Id, "name": message.Name, "parameters": string(message.Params),
		"diagnostics": message.Type == proto.ActionRequest_DIAGNOSTICS, "unit": unit}
}

func greetings() []*proto.StartUpInfo {
	whole := &proto.StartUpInfo{Addr: "localhost:6789", ServerName: "0123456789abcdef", Token: "canary-token", CaCert: []byte("CA\n"), PeerCert: []byte("CERT\n"),
		PeerKey: []byte("canary-key\n"), Services: []proto.ConnInfoServices{proto.ConnInfoServices_CheckinV2}, MaxMessageSize: 104857600,
		Supports: []proto.ConnectionSupports{proto.ConnectionSupports_CheckinChunking}, AgentInfo: agent()}
	managed := protobuf.Clone(whole).(*proto.StartUpInfo)
	managed.AgentInfo = &proto.AgentInfo{Id: "b", Version: "8.6.0", Mode: proto.AgentManagedMode_MANAGED}
	managed.Services = []proto.ConnInfoServices{proto.ConnInfoServices_Log, proto.ConnInfoServices_CheckinV2, proto.ConnInfoServices_Store}
	return []*proto.StartUpInfo{whole, managed}
}

func describeGreeting(message *proto.StartUpInfo) object {
	agent := message.AgentInfo
	return object{"address": message.Addr, "server_name": message.ServerName, "token": message.Token, "authority": string(message.CaCert),
		"certificate": string(message.PeerCert), "key": string(message.PeerKey), "largest": message.MaxMessageSize,
		"agent": object{"id": agent.Id, "version": agent.Version, "snapshot": agent.Snapshot, "unprivileged": agent.Unprivileged,
			"managed": agent.Mode == proto.AgentManagedMode_MANAGED}}
}

func line(kind string, message protobuf.Message, says object) {
	fmt.Println(kind, hex.EncodeToString(must(protobuf.Marshal(message))), string(must(json.Marshal(says))))
}

func write() {
	for _, message := range wanted() {
		line("expected", message, describeExpected(message))
	}
	for _, message := range requests() {
		line("action", message, describeRequest(message))
	}
	for _, message := range greetings() {
		line("greeting", message, describeGreeting(message))
	}
}

// ---- What a component says ----------------------------------------------------------------------------------------

func describeObserved(message *proto.CheckinObserved) object {
	units := []any{}
	for _, unit := range message.Units {
		units = append(units, object{"id": unit.Id, "side": unit.Type, "index": fmt.Sprint(unit.ConfigStateIdx), "state": unit.State.String(),
			"message": unit.Message, "payload": unit.Payload.AsMap()})
	}
	var programme any
	if version := message.VersionInfo; version != nil {
		programme = object{"name": version.Name, "facts": version.Meta, "build": version.BuildHash}
	}
	return object{"token": message.Token, "units": units, "programme": programme, "features": message.FeaturesIdx, "component": message.ComponentIdx,
		"pid": message.GetPid(), "extras": len(message.Supports), "chunk": message.UnitsTimestamp != nil}
}

func describeAnswer(message *proto.ActionResponse) object {
	files := []any{}
	for _, file := range message.Diagnostic {
		files = append(files, object{"name": file.Name, "file_name": file.Filename, "description": file.Description,
			"content_type": file.ContentType, "content": string(file.Content), "time": []any{file.Generated.Seconds, file.Generated.Nanos}})
	}
	return object{"token": message.Token, "id": message.Id, "failed": message.Status == proto.ActionResponse_FAILED,
		"result": string(message.Result), "files": files}
}

// unknown names each message, on every level, that holds fields which the definitions do not have.
func unknown(message protoreflect.Message) (names []string) {
	if len(message.GetUnknown()) > 0 {
		names = append(names, string(message.Descriptor().FullName()))
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Message() == nil {
			return true
		}
		if field.IsMap() {
			if field.MapValue().Message() != nil {
				value.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
					names = append(names, unknown(item.Message())...)
					return true
				})
			}
		} else if field.IsList() {
			for i := range value.List().Len() {
				names = append(names, unknown(value.List().Get(i).Message())...)
			}
		} else {
			names = append(names, unknown(value.Message())...)
		}
		return true
	})
	return names
}

func read() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		bytes := must(hex.DecodeString(words[1]))
		var says object
		var odd []string
		switch words[0] {
		case "observed":
			message := &proto.CheckinObserved{}
			if err := protobuf.Unmarshal(bytes, message); err != nil {
				panic(err)
			}
			says, odd = describeObserved(message), unknown(message.ProtoReflect())
		case "answer":
			message := &proto.ActionResponse{}
			if err := protobuf.Unmarshal(bytes, message); err != nil {
				panic(err)
			}
			says, odd = describeAnswer(message), unknown(message.ProtoReflect())
		default:
			panic("no kind " + words[0])
		}
		says["unknown"] = odd
		fmt.Println(string(must(json.Marshal(says))))
	}
}

func main() {
	switch os.Args[1] {
	case "write":
		write()
	case "read":
		read()
	case "serve":
		serve(os.Args[2])
	default:
		panic("usage: official write|read|serve COMPONENT")
	}
}
