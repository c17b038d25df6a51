package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

const rounds = 15

// sample is what one run of a program cost.
type sample struct {
	cpu     time.Duration
	peakMiB int64
}

func (s sample) String() string {
	return fmt.Sprintf("%.3fs CPU, %d MiB", s.cpu.Seconds(), s.peakMiB)
}

// program is a command line in a folder, and what to do before each run of it, unmeasured.
type program struct {
	dir    string
	args   []string
	before func() error
}

// pair runs two programs in turn and returns the median sample of each.
func pair(ours, theirs program) (sample, sample, error) {
	var a, b []sample
	for range rounds {
		for _, side := range []struct {
			program program
			samples *[]sample
		}{{ours, &a}, {theirs, &b}} {
			s, err := once(side.program)
			if err != nil {
				return sample{}, sample{}, err
			}
			*side.samples = append(*side.samples, s)
		}
	}
	return median(a), median(b), nil
}

func once(p program) (sample, error) {
	if p.before != nil {
		if err := p.before(); err != nil {
			return sample{}, err
		}
	}
	command := exec.Command(p.args[0], p.args[1:]...)
	command.Dir = p.dir
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Run(); err != nil {
		return sample{}, fmt.Errorf("%v: %w\n%s", p.args, err, said.String())
	}
	state := command.ProcessState
	usage := state.SysUsage().(*syscall.Rusage)
	return sample{cpu: state.UserTime() + state.SystemTime(), peakMiB: usage.Maxrss / 1024}, nil
}

func median(samples []sample) sample {
	slices.SortFunc(samples, func(a, b sample) int { return int(a.cpu - b.cpu) })
	return samples[len(samples)/2]
}
