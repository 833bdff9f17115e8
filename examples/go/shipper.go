// SPDX-License-Identifier: Apache-2.0

// A shipper in Go: polls a plugin, appends what it hands out to a file of JSON lines, and acknowledges what is on the
// disk. README.md beside it says why each part is as it is.
//
//	shipper [--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson
//
//	--once   end when every stream has been answered, or one needs a person
//	SECRETS  folder with a file for each $secret{NAME} of the configuration
//	exit 0: stopped, or with --once all healthy; 1: the plugin refused or failed; 2: wrong call
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	budget = 2 * time.Second  // longest stay in a poll; Cancel ends it earlier
	atRest = 10 * time.Second // a longer pause means: every stream was answered and waits for its next interval
)

func say(form string, values ...any) { fmt.Fprintf(os.Stderr, form+"\n", values...) }

// host answers the plugin.
type host struct{ secrets string }

func (host) Log(level int, component, text string) {
	names := []string{"?", "error", "warn", "info", "debug", "trace"}
	if level < 0 || level >= len(names) {
		level = 0
	}
	say("%s %s: %s", names[level], component, text)
}

func (host) Health(health int, stream, text string) {
	names := []string{"starting", "healthy", "degraded", "failed", "stopping", "stopped"}
	if health < 0 || health >= len(names) {
		health = 2
	}
	if stream == "" {
		stream = "instance"
	}
	if text != "" {
		text = ", " + text
	}
	say("health %s: %s%s", stream, names[health], text)
}

// Secret reads the file into the plugin's buffer, and nowhere else: a copy of Go's could not be overwritten for sure.
func (h host) Secret(name string, buf []byte) (int, error) {
	if name == "" || name[0] == '.' || strings.ContainsRune(name, '/') {
		return 0, errors.New("no name of a secret")
	}
	file, err := os.Open(filepath.Join(h.secrets, name))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	size := int(info.Size())
	if size <= len(buf) {
		_, err = io.ReadFull(file, buf[:size])
	}
	return size, err
}

// output is a file of JSON lines.
type output struct {
	path string
	file *os.File
}

// open takes away a line that a crash cut off: its batch was not acknowledged and comes again.
func (o *output) open() error {
	file, err := os.OpenFile(o.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	end, err := file.Seek(0, io.SeekEnd)
	for last := []byte{0}; err == nil && end > 0; end-- {
		if _, err = file.ReadAt(last, end-1); last[0] == '\n' {
			break
		}
	}
	if err == nil {
		err = file.Truncate(end)
	}
	if err != nil {
		file.Close()
		return err
	}
	o.file = file
	return nil
}

// append returns when the lines are on the disk, or with an error and the file as it was.
func (o *output) append(lines []byte) error {
	if o.file == nil {
		if err := o.open(); err != nil {
			return err
		}
	}
	before, err := o.file.Seek(0, io.SeekEnd)
	if err == nil {
		if _, err = o.file.Write(lines); err == nil {
			err = o.file.Sync()
		}
		if err != nil && o.file.Truncate(before) != nil {
			say("shipper: %s keeps a part", o.path)
		}
	}
	if err != nil {
		o.file.Close()
		o.file = nil // opened anew next time, whatever happened to it
	}
	return err
}

// shipper is one instance and where its documents go.
type shipper struct {
	instance  *Instance
	output    output
	stop      chan struct{} // closed by the signal
	pause     time.Duration // after a failure; each is twice the one before
	delivered int
}

func (s *shipper) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

func (s *shipper) wait(long time.Duration) {
	if long > time.Minute {
		long = time.Minute // an earlier poll is harmless
	}
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stop:
	}
}

func (s *shipper) waitAfterFailure() {
	s.pause *= 2
	if s.pause == 0 {
		s.pause = time.Second
	} else if s.pause > 30*time.Second {
		s.pause = 30 * time.Second
	}
	s.wait(s.pause)
}

// acknowledge says what became of a batch until the plugin has written it down. When we are asked to stop meanwhile, the
// batch comes again after the next start.
func (s *shipper) acknowledge(batch *Batch, durable bool) error {
	for {
		err := s.instance.Ack(batch, durable)
		var failure *Failure
		if err == nil || !errors.As(err, &failure) || !failure.Passes() || s.stopping() {
			return err
		}
		say("shipper: ack: %v", err)
		s.waitAfterFailure()
	}
}

func (s *shipper) deliver(batch *Batch) error {
	count := batch.Count
	if err := s.output.append(batch.Lines); err != nil {
		say("shipper: cannot write: %v; the batch goes back and comes again", err)
		if err := s.acknowledge(batch, false); err != nil {
			return err
		}
		s.waitAfterFailure()
		return nil
	}
	if err := s.acknowledge(batch, true); err != nil {
		return err
	}
	s.pause = 0
	s.delivered += count
	say("shipper: %d documents on disk", s.delivered)
	return nil
}

// run polls and delivers until the signal, or with once until all is there. The exit code.
func (s *shipper) run(once bool) int {
	for !s.stopping() {
		polled, err := s.instance.Poll(budget)
		if err == nil && polled.Batch != nil {
			err = s.deliver(polled.Batch)
		} else if err == nil {
			s.pause = 0
			if once && (polled.Next > atRest || polled.Failed) {
				if polled.Healthy {
					return 0
				}
				return 1
			}
			s.wait(polled.Next)
		}
		var failure *Failure
		if errors.As(err, &failure) && !s.stopping() {
			say("shipper: %v", failure)
			if !failure.Passes() {
				return 1
			}
			s.waitAfterFailure()
		}
	}
	return 0
}

func main() {
	arguments := os.Args[1:]
	once := len(arguments) > 0 && arguments[0] == "--once"
	if once {
		arguments = arguments[1:]
	}
	if len(arguments) != 4 {
		say("usage: shipper [--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson")
		os.Exit(2)
	}
	plugin, err := load(arguments[0])
	if err != nil {
		say("shipper: %v", err)
		os.Exit(2)
	}
	config, err := os.ReadFile(arguments[1])
	if err != nil {
		say("shipper: %v", err)
		os.Exit(2)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	instance, err := plugin.Start(host{arguments[2]}, config)
	if err != nil {
		say("shipper: the plugin refuses to start: %v", err)
		os.Exit(1)
	}
	s := &shipper{instance: instance, output: output{path: arguments[3]}, stop: make(chan struct{})}
	go func() {
		<-signals
		close(s.stop)
		instance.Cancel() // after Close it would be harmless: the handle is dead, and no other instance gets it
	}()
	code := s.run(once)
	instance.Close()
	say("shipper: stopped, %d documents delivered", s.delivered)
	os.Exit(code)
}
