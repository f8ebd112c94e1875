package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/methods"
)

// command is one line of standard input; which members count depends on do.
type command struct {
	ID        json.RawMessage `json:"id"`
	Do        string          `json:"do"`
	AfterMs   float64         `json:"afterMs"`
	VM        string          `json:"vm"`
	Event     string          `json:"event"`
	Fields    json.RawMessage `json:"fields"`
	Template  string          `json:"template"`
	Name      string          `json:"name"`
	Folder    string          `json:"folder"`
	Path      string          `json:"path"`
	Customize bool            `json:"customize"`
	PowerOn   bool            `json:"powerOn"`
	Posts     []posting       `json:"posts"`
	Property  string          `json:"property"`
	Value     any             `json:"value"`
}

// answer is what a command brings beside "id" and "ok".
type answer map[string]any

// maxCommandBytes bounds one line of standard input.
const maxCommandBytes = 1 << 20

// serveCommands runs the commands of input until it ends or ctx does.
func serveCommands(ctx context.Context, sim *simulation, input io.Reader, answers *json.Encoder) error {
	lines := make(chan []byte)
	readError := make(chan error, 1)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(input)
		scanner.Buffer(nil, maxCommandBytes)
		for scanner.Scan() {
			if line := strings.TrimSpace(scanner.Text()); line != "" {
				lines <- []byte(line)
			}
		}
		readError <- scanner.Err()
	}()

	// One command at a time, so a script's steps happen in the order given;
	// the delayed ones come in between when they are due.
	var turn sync.Mutex
	perform := func(c command) {
		turn.Lock()
		defer turn.Unlock()
		result, err := sim.run(ctx, c)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			result = answer{"ok": false, "error": err.Error()}
		} else {
			if result == nil {
				result = answer{}
			}
			result["ok"] = true
		}
		if c.ID != nil {
			result["id"] = c.ID
		}
		_ = answers.Encode(result)
	}

	for {
		select {
		case <-ctx.Done():
			return nil
		case line, open := <-lines:
			if !open {
				if err := <-readError; err != nil {
					return fmt.Errorf("standard input: %w", err)
				}
				return nil
			}
			var c command
			if err := decodeStrictly(line, &c); err != nil {
				c = command{ID: c.ID, Do: "invalid", Name: err.Error()}
			}
			if c.AfterMs > 0 {
				time.AfterFunc(time.Duration(c.AfterMs*float64(time.Millisecond)), func() { perform(c) })
			} else {
				perform(c)
			}
		}
	}
}

// decodeStrictly refuses unknown members: a mistyped one would otherwise make
// a test pass for the wrong reason.
func decodeStrictly(line []byte, c *command) error {
	decoder := json.NewDecoder(strings.NewReader(string(line)))
	decoder.DisallowUnknownFields()
	return decoder.Decode(c)
}

func (sim *simulation) run(ctx context.Context, c command) (answer, error) {
	switch c.Do {
	case "post":
		return nil, sim.post(ctx, c.Event, c.VM, c.Fields)
	case "postAll":
		took, err := sim.postAll(ctx, c.Posts)
		return answer{"ms": took.Seconds() * 1000}, err
	case "powerOn", "powerOff", "reset", "destroy":
		return nil, sim.changePower(ctx, c.Do, c.VM)
	case "rename":
		return nil, sim.rename(ctx, c.VM, c.Name)
	case "clone":
		vm, err := sim.clone(ctx, c)
		return answer{"vm": vm}, err
	case "customize":
		return nil, sim.customize(ctx, c.VM)
	case "setProperty":
		return nil, sim.setProperty(ctx, c.VM, c.Property, c.Value)
	case "removeNic":
		return nil, sim.removeNIC(ctx, c.VM)
	case "createFolder":
		folder, err := sim.createFolder(ctx, c.Path)
		return answer{"folder": folder}, err
	case "move":
		return nil, sim.move(ctx, c.VM, c.Folder)
	case "expireSessions":
		count, err := sim.expireSessions(ctx)
		return answer{"count": count}, err
	case "sessions":
		others, err := sim.otherSessions(ctx)
		users := []string{}
		for _, s := range others {
			users = append(users, s.UserName)
		}
		return answer{"count": len(users), "users": users}, err
	case "collectors":
		return answer{"count": sim.collectorCount()}, nil
	case "requests":
		return answer{"count": sim.requestCounts()}, nil
	case "listVms":
		return answer{"vms": sim.listVMs()}, nil
	case "serverTime":
		now, err := methods.GetCurrentTime(ctx, sim.client)
		if err != nil {
			return nil, err
		}
		return answer{"time": now.UTC().Format(time.RFC3339Nano)}, nil
	case "invalid":
		return nil, fmt.Errorf("command: %s", c.Name)
	case "":
		return nil, errors.New(`command: "do" is missing`)
	}
	return nil, fmt.Errorf("command: unknown %q", c.Do)
}
