// SPDX-License-Identifier: Apache-2.0

package main

/*
#cgo pkg-config: beat_plugin
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"time"
	"unsafe"
)

// Host is what a plugin may ask of us. Its methods are called on whichever thread is inside a call of the instance.
type Host interface {
	Log(level int, component, text string)
	// Health of a stream, or of the instance where stream is empty.
	Health(health int, stream, text string)
	// Secret writes the secret to buf and returns its length; if that is more than buf has, it is asked again.
	Secret(name string, buf []byte) (int, error)
}

// Plugin is a loaded library. It is never unloaded: a name lookup may still run in it.
type Plugin struct{ api *C.beat_plugin_api }

// Instance is one organization that is collected. Poll and Ack belong to one goroutine at a time, Cancel to any.
type Instance struct {
	api    *C.beat_plugin_api
	handle C.beat_handle
	table  *C.beat_host_api
	host   cgo.Handle
}

// Failure is a status below zero, with the plugin's sentence.
type Failure struct {
	Status int
	Text   string
}

func (f *Failure) Error() string { return fmt.Sprintf("status %d, %s", f.Status, f.Text) }

// Passes: the instance stays usable, and the call may be repeated. An error that this header does not know means
// BEAT_E_GENERIC, which passes.
func (f *Failure) Passes() bool {
	switch f.Status {
	case C.BEAT_E_ARG, C.BEAT_E_VERSION, C.BEAT_E_CONFIG, C.BEAT_E_HANDLE, C.BEAT_E_FORKED, C.BEAT_E_UNSUPPORTED:
		return false
	}
	return true
}

// Batch is documents that are acknowledged together.
type Batch struct {
	id    C.beat_batch_id
	Count int
	// Lines are the documents, each with its newline. They are the plugin's memory: gone with Ack.
	Lines []byte
}

// Polled is what a poll came to. Batch is nil if there is none.
type Polled struct {
	Batch   *Batch
	Next    time.Duration
	Healthy bool
	Failed  bool // a person is needed
}

func load(path string) (*Plugin, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	text := make([]byte, 1024)
	api := C.bridge_load(name, (*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text)))
	if api == nil {
		return nil, errors.New(C.GoString((*C.char)(unsafe.Pointer(&text[0]))))
	}
	return &Plugin{api}, nil
}

// Start makes an instance; the configuration is one JSON object. It makes no request yet.
func (p *Plugin) Start(host Host, config []byte) (*Instance, error) {
	if len(config) == 0 {
		return nil, errors.New("the configuration is empty; write a JSON object")
	}
	i := &Instance{api: p.api, host: cgo.NewHandle(host)}
	i.table = C.bridge_host(C.uintptr_t(i.host))
	text := make([]byte, 8192)
	status := C.bridge_init(i.api, i.table, (*C.char)(unsafe.Pointer(&config[0])), C.size_t(len(config)),
		(*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text)), &i.handle)
	if status < 0 {
		i.free()
		return nil, &Failure{int(status), C.GoString((*C.char)(unsafe.Pointer(&text[0])))}
	}
	return i, nil
}

// Poll works for about so long.
func (i *Instance) Poll(budget time.Duration) (Polled, error) {
	var out C.beat_poll_result
	if status := C.bridge_poll(i.api, i.handle, C.uint32_t(budget.Milliseconds()), &out); status < 0 {
		return Polled{}, i.failure(status)
	}
	polled := Polled{Next: time.Duration(out.next_poll_ms) * time.Millisecond,
		Healthy: out.health == C.BEAT_HEALTH_HEALTHY, Failed: out.health == C.BEAT_HEALTH_FAILED}
	if out.batch != nil {
		lines := out.batch.ndjson
		polled.Batch = &Batch{out.batch.id, int(out.batch.doc_count), unsafe.Slice((*byte)(unsafe.Pointer(lines.ptr)), int(lines.len))}
	}
	return polled, nil
}

// Ack says whether the batch's documents are where they belong; those of others come again.
func (i *Instance) Ack(batch *Batch, durable bool) error {
	outcome := C.int32_t(C.BEAT_ACK_RETRY)
	if durable {
		outcome = C.BEAT_ACK_DURABLE
	}
	if status := C.bridge_ack(i.api, i.handle, batch.id, outcome); status < 0 {
		return i.failure(status)
	}
	return nil
}

// Cancel ends the running poll, or the next. From any goroutine.
func (i *Instance) Cancel() { C.bridge_cancel(i.api, i.handle) }

// Close ends the instance. Batches that were not acknowledged come after the next start.
func (i *Instance) Close() {
	for C.bridge_shutdown(i.api, i.handle, 5000) == C.BEAT_E_TIMEOUT {
		// A name lookup still runs; the host's table must live until it is over.
	}
	i.free()
}

func (i *Instance) free() {
	C.free(unsafe.Pointer(i.table))
	i.host.Delete()
}

func (i *Instance) failure(status C.beat_status) *Failure {
	text := make([]byte, 1024)
	var length C.size_t
	C.bridge_last_error(i.api, i.handle, (*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text)-1), &length)
	return &Failure{int(status), C.GoString((*C.char)(unsafe.Pointer(&text[0])))}
}

func text(span C.beat_span) string { return C.GoStringN(span.ptr, C.int(span.len)) }

func hostOf(number C.uintptr_t) Host { return cgo.Handle(number).Value().(Host) }

//export goLog
func goLog(number C.uintptr_t, level C.int32_t, component, line C.beat_span) {
	hostOf(number).Log(int(level), text(component), text(line))
}

//export goHealth
func goHealth(number C.uintptr_t, health C.int32_t, stream, line C.beat_span) {
	hostOf(number).Health(int(health), text(stream), text(line))
}

//export goSecret
func goSecret(number C.uintptr_t, name C.beat_span, buf *C.char, room C.size_t, length *C.size_t) C.beat_status {
	used, err := hostOf(number).Secret(text(name), unsafe.Slice((*byte)(unsafe.Pointer(buf)), int(room)))
	if err != nil {
		return C.BEAT_E_GENERIC
	}
	*length = C.size_t(used)
	if used > int(room) {
		return C.BEAT_E_TRUNCATED
	}
	return C.BEAT_OK
}
