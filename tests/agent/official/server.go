// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/elastic/elastic-agent-client/v7/pkg/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	protobuf "google.golang.org/protobuf/proto"
)

// A life of a component with the server that the Agent's is made of: gRPC for Go, its TLS, the service of Elastic's module.

const (
	serverName = "00112233445566778899aabbccddeeff"
	token      = "canary-token-of-the-agent"
	patience   = 30 * time.Second
)

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority() authority {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der := must(x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key))
	return authority{must(x509.ParseCertificate(der)), key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// pair is a certificate and its key as PEM, as the Agent hands them over.
func (a authority) pair(name string) ([]byte, []byte) {
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	form := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	der := must(x509.CreateCertificate(rand.Reader, form, a.certificate, &key.PublicKey, a.key))
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

type server struct {
	proto.UnimplementedElasticAgentServer
	seen    chan *proto.CheckinObserved
	wanted  chan *proto.CheckinExpected
	answers chan *proto.ActionResponse
	actions chan *proto.ActionRequest
	ends    chan string // of the two calls, by the component
}

// both moves messages in both directions until the component ends its side.
func both[In, Out any](name string, receive func() (In, error), send func(Out) error, in chan In, out chan Out, ends chan string) error {
	go func() {
		for message := range out {
			_ = send(message)
		}
	}()
	for {
		message, err := receive()
		if errors.Is(err, io.EOF) {
			ends <- name
			return nil
		}
		if err != nil {
			return err
		}
		in <- message
	}
}

func (s *server) CheckinV2(stream proto.ElasticAgent_CheckinV2Server) error {
	return both("check-ins", stream.Recv, stream.Send, s.seen, s.wanted, s.ends)
}

func (s *server) Actions(stream proto.ElasticAgent_ActionsServer) error {
	first, err := stream.Recv()
	if err != nil || first.Token != token || first.Id != "init" {
		return status.Error(codes.PermissionDenied, "invalid token")
	}
	return both("actions", stream.Recv, stream.Send, s.answers, s.actions, s.ends)
}

func expect[T any](what string, from chan T) T {
	select {
	case got := <-from:
		return got
	case <-time.After(patience):
		panic("not within " + patience.String() + ": " + what)
	}
}

// until the component tells of a unit in this state.
func (s *server) until(state proto.State, index uint64) *proto.CheckinObserved {
	for {
		got := expect(state.String(), s.seen)
		if got.Token != token {
			panic("another token")
		}
		if len(got.Units) > 0 && got.Units[0].State == state && got.Units[0].ConfigStateIdx == index {
			return got
		}
	}
}

func listen(a authority, s *server) (string, *grpc.Server) {
	certificate, key := a.pair(serverName)
	ours := must(tls.X509KeyPair(certificate, key))
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	settings := &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName != serverName {
				return nil, fmt.Errorf("no certificate for %q", hello.ServerName)
			}
			return &ours, nil
		}}
	out := grpc.NewServer(grpc.Creds(credentials.NewTLS(settings)), grpc.MaxRecvMsgSize(100<<20))
	proto.RegisterElasticAgentServer(out, s)
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	go func() { _ = out.Serve(listener) }()
	return listener.Addr().String(), out
}

func serve(component string) {
	a := newAuthority()
	s := &server{seen: make(chan *proto.CheckinObserved, 100), wanted: make(chan *proto.CheckinExpected, 10),
		answers: make(chan *proto.ActionResponse, 10), actions: make(chan *proto.ActionRequest, 10), ends: make(chan string, 2)}
	address, running := listen(a, s)
	defer running.Stop()
	certificate, key := a.pair("component")
	greeting := &proto.StartUpInfo{Addr: address, ServerName: serverName, Token: token, CaCert: a.pem, PeerCert: certificate, PeerKey: key,
		Services: []proto.ConnInfoServices{proto.ConnInfoServices_CheckinV2}, MaxMessageSize: 100 << 20, AgentInfo: agent()}
	command := exec.Command(component, "-E", "path.data=.", "--period", "1")
	command.Stdin, command.Stderr = bytes.NewReader(must(protobuf.Marshal(greeting))), os.Stderr
	begin := time.Now()
	if err := command.Start(); err != nil {
		panic(err)
	}
	defer func() { _ = command.Process.Kill() }()

	first := expect("a check-in", s.seen)
	if first.Token != token || first.VersionInfo == nil || len(first.Units) != 0 {
		panic(fmt.Sprint("the first message is ", first))
	}
	from := source()
	delete(from, "deep") // beyond what parsers of JSON take by default
	from["long"] = strings.Repeat("x", 400_000)
	one := unit("c-one", proto.UnitType_INPUT, proto.State_HEALTHY, 1, proto.UnitLogLevel_INFO, from)
	s.wanted <- &proto.CheckinExpected{Units: []*proto.UnitExpected{one}, FeaturesIdx: 2, ComponentIdx: 2}
	healthy := s.until(proto.State_HEALTHY, 1)
	took := time.Since(begin)
	if !strings.Contains(healthy.Units[0].Message, "400000 letters") || healthy.FeaturesIdx != 2 {
		panic(fmt.Sprint("the unit is ", healthy.Units[0]))
	}
	for range 2 {
		s.until(proto.State_HEALTHY, 1) // regularly
	}

	s.actions <- &proto.ActionRequest{Id: "huge", Name: "huge"}
	huge := expect("an answer", s.answers)
	if len(huge.Diagnostic) != 1 || len(huge.Diagnostic[0].Content) != 5_000_000 {
		panic("the large answer did not pass")
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		panic(err)
	}
	s.until(proto.State_STOPPED, 1)
	fmt.Printf("healthy %d ms after the spawn; ended: %s, %s\n", took.Milliseconds(), expect("an end", s.ends), expect("an end", s.ends))
	if err := command.Wait(); err != nil {
		panic(err)
	}
}
