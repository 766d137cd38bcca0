package main

import (
	"io"
	"net"
	"testing"
	"time"
)

// Data that is sent while the link is cut must arrive afterwards.
func TestNothingPassesACutLink(t *testing.T) {
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
	k, err := newLink(echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.listener.Close() })
	conn, err := net.Dial("tcp", k.listener.Addr().String())
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
	if got, err := exchange("whole", time.Minute); got != "whole" {
		t.Errorf("got %q, %v, want whole", got, err)
	}
	k.cut.Lock()
	if got, err := exchange("cut", 50*time.Millisecond); err == nil {
		t.Errorf("got %q while the link is cut, want nothing", got)
	}
	k.cut.Unlock()
	if got, err := exchange("", time.Minute); got != "cut" {
		t.Errorf("got %q, %v afterwards, want cut", got, err)
	}
}
