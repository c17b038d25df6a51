// probe is the program of the tests' image: a server and a client in one, static and without a shell.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: probe serve TEXT | get URL | lookup NAME | count FILE")
	}
	switch args[0] {
	case "serve":
		return serve(args[1])
	case "get":
		client := http.Client{Timeout: 5 * time.Second}
		response, err := client.Get(args[1])
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(os.Stdout, response.Body)
		return err
	case "lookup":
		addresses, err := net.LookupHost(args[1])
		fmt.Println(addresses)
		return err
	case "count":
		return count(args[1])
	default:
		return fmt.Errorf("unknown command %q", args[0])
	}
}

// serve answers every request on port 8080 with text and the pod's name until it is told to end.
func serve(text string) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	listener, err := net.Listen("tcp", ":8080")
	if err != nil {
		return err
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		name, _ := os.Hostname()
		fmt.Fprintf(w, "%s from %s\n", text, name)
	}))
	<-stop
	return nil
}

// count appends a line to the file at every start, prints how many there are and waits; told to end, it notes that, too.
func count(path string) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.WriteString("start\n"); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	fmt.Print(string(data))
	<-stop
	_, err = file.WriteString("asked to end\n")
	return err
}
