// Command vcsim runs govmomi's vCenter simulator for the tests and the demo
// of this repository, and lets them script what happens on it.
//
// It listens on a free port of 127.0.0.1, checks the credentials it is given,
// and prints one line of JSON that says how to reach it. After that it reads
// one JSON command a line from standard input and answers each with one line
// of JSON on standard output. Every command may carry "afterMs" and is then
// run, and answered, that much later. The program ends when standard input is
// closed, and on SIGTERM or an interrupt.
//
//	{"id":1,"do":"post","event":"CustomizationFailed","vm":"web-1","fields":{"reason":"customizationDisabled"}}
//	{"id":1,"do":"postAll","posts":[{"event":"VmStartingEvent","vm":"web-1"}]}   back to back; not in the fake
//	{"id":2,"do":"powerOn","vm":"web-1"}            also powerOff, reset, destroy
//	{"id":3,"do":"rename","vm":"web-1","name":"web-2"}
//	{"id":4,"do":"clone","template":"DC0_H0_VM0","name":"web-1","folder":"/DC0/vm/prod","customize":true,"powerOn":true}
//	{"id":5,"do":"customize","vm":"web-1"}          CustomizeVM_Task for the NICs the VM has
//	{"id":6,"do":"removeNic","vm":"web-1"}
//	{"id":11,"do":"setProperty","vm":"web-1","property":"guest.toolsRunningStatus","value":"guestToolsRunning"}   not in the fake
//	{"id":7,"do":"createFolder","path":"/DC0/vm/prod"}
//	{"id":8,"do":"move","vm":"web-1","folder":"/DC0/vm/prod"}
//	{"id":9,"do":"expireSessions"}                  every session but the program's own
//	{"id":10,"do":"sessions"}                       also collectors, requests, listVms, serverTime
//
// A VM is named by its managed object id, its inventory path or its name.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the command line's.
type options struct {
	vms            int
	autostart      bool
	user           string
	password       string
	sessionTimeout time.Duration
	esx            bool
	tls            bool
	maxCollectors  int
}

func main() {
	var o options
	flag.IntVar(&o.vms, "vms", 4, "number of VMs to begin with")
	flag.BoolVar(&o.autostart, "autostart", false, "power these VMs on")
	flag.StringVar(&o.user, "user", "administrator@vsphere.local", "the only user who may log in")
	flag.StringVar(&o.password, "password", "VMware1!", "this user's password")
	flag.DurationVar(&o.sessionTimeout, "session-timeout", 0, "end sessions idle for this long, such as 2s (0: never)")
	flag.BoolVar(&o.esx, "esx", false, "be a stand-alone ESXi host, not a vCenter")
	flag.BoolVar(&o.tls, "tls", true, "serve HTTPS")
	flag.IntVar(&o.maxCollectors, "max-collectors", 32, "event collectors the server allows at a time")
	flag.Parse()

	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "vcsim:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	sim, err := start(ctx, o)
	if sim != nil {
		defer sim.close()
	}
	if err != nil {
		return err
	}

	answers := json.NewEncoder(os.Stdout)
	ready := map[string]any{
		"ready":       true,
		"url":         sim.url,
		"user":        o.user,
		"password":    o.password,
		"thumbprint":  sim.identity.thumbprint,
		"certificate": sim.identity.certificateFile,
		"key":         sim.identity.keyFile,
		"vms":         sim.listVMs(),
	}
	if err := answers.Encode(ready); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return serveCommands(ctx, sim, os.Stdin, answers)
}
