// Command floor is the benchmark's plain Go client: the same measures as in a page (bench/measures.ts), without a browser and without a relay. What it
// gets is what this machine's loopback and the far end can do at most.
//
// The harness holds descriptor 3, a stream of JSON lines both ways: {"measure": name, "args": {...}} gets {"value": {...}} or {"error": text}. When the
// harness closes it, the program ends.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/portside/portside/bench/pattern"
)

// request is a line of the harness. All arguments of all measures; times in milliseconds.
type request struct {
	Measure string `json:"measure"`
	Args    struct {
		Address  string  `json:"address"`
		TCP      int     `json:"tcp"`
		UDP      int     `json:"udp"`
		Streams  int     `json:"streams"`
		Bytes    int64   `json:"bytes"`
		Ms       float64 `json:"ms"`
		FirstID  uint32  `json:"firstId"`
		ID       uint32  `json:"id"`
		Chunk    int     `json:"chunk"`
		Count    int     `json:"count"`
		Loaded   bool    `json:"loaded"`
		SinkID   uint32  `json:"sinkId"`
		Parallel int     `json:"parallel"`
		Patience float64 `json:"patience"`
		Size     int     `json:"size"`
		Run      uint32  `json:"run"`
		Rate     float64 `json:"perSecond"`
	} `json:"args"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	control := os.NewFile(3, "control")
	if control == nil {
		return errors.New("descriptor 3 is not open: the benchmark starts this program")
	}
	client := &client{pattern: pattern.New()}
	defer client.release()
	in, out := json.NewDecoder(control), json.NewEncoder(control)
	for {
		var r request
		switch err := in.Decode(&r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read a request: %w", err)
		}
		value, err := client.measure(r)
		answer := map[string]any{"value": value}
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		if err := out.Encode(answer); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}
