// SPDX-License-Identifier: Apache-2.0

// An echo server on gorilla/websocket: echo PORT
package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	ReadBufferSize:  64 << 10,
	WriteBufferSize: 64 << 10,
	CheckOrigin:     func(*http.Request) bool { return true },
}

func echo(response http.ResponseWriter, request *http.Request) {
	connection, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	defer connection.Close()
	// Kept between messages, where ReadMessage would make a new one each time.
	var message bytes.Buffer
	for {
		kind, reader, err := connection.NextReader()
		if err != nil {
			return
		}
		message.Reset()
		if _, err := message.ReadFrom(reader); err != nil {
			return
		}
		if err := connection.WriteMessage(kind, message.Bytes()); err != nil {
			return
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: echo PORT")
		os.Exit(64)
	}
	runtime.GOMAXPROCS(1)
	// Connections that it accepts have TCP_NODELAY set.
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(71)
	}
	fmt.Printf("listening on ws://%s/echo\n", listener.Addr())
	http.HandleFunc("/echo", echo)
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
	os.Exit(71)
}
