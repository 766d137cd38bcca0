package main

import (
	"io"
	"net"
	"testing"
	"time"
)

// What is sent while the gate is shut arrives when it opens.
func TestAShutGateLetsNothingThrough(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = echo.Close() })
	go func() {
		if conn, err := echo.Accept(); err == nil {
			_, _ = io.Copy(conn, conn)
			_ = conn.Close()
		}
	}()
	g, err := newGate(echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.listener.Close() })
	conn, err := net.Dial("tcp", g.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	exchange := func(text string, limit time.Duration) (string, error) {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(limit))
		buffer := make([]byte, 100)
		n, err := conn.Read(buffer)
		return string(buffer[:n]), err
	}
	if got, err := exchange("open", time.Minute); got != "open" {
		t.Errorf("got %q, %v, want open", got, err)
	}
	g.shut.Lock()
	if got, err := exchange("shut", 50*time.Millisecond); err == nil {
		t.Errorf("got %q while the gate is shut, want nothing", got)
	}
	g.shut.Unlock()
	if got, err := exchange("", time.Minute); got != "shut" {
		t.Errorf("got %q, %v after the gate was opened, want shut", got, err)
	}
}
