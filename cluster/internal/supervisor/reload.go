package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"syscall"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// Reloaded is the supervisor's answer to a request to read registries.yaml again.
type Reloaded struct {
	Request string `json:"request"`
	Error   string `json:"error,omitempty"`
}

// The request is a file with any unused text in it, announced by SIGHUP; the answer is a file, too.
const (
	requestFile = "reload.request"
	answerFile  = "reload.answer"
)

// RequestReload asks the running supervisor to read registries.yaml again. AnswerTo tells when it has.
func RequestReload(inst instance.Instance, pid int, request string) error {
	if err := instance.WriteFile(inst.Path("run", requestFile), []byte(request), 0o600); err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		return fmt.Errorf("asking the supervisor: %w", err)
	}
	return nil
}

// AnswerTo returns the answer to request, if there is one yet.
func AnswerTo(inst instance.Instance, request string) (answer Reloaded, ok bool) {
	data, err := os.ReadFile(inst.Path("run", answerFile))
	if err != nil || json.Unmarshal(data, &answer) != nil {
		return Reloaded{}, false
	}
	return answer, answer.Request == request
}

// answerReloads serves reload requests, which hangups announces, until ctx ends.
func answerReloads(ctx context.Context, inst instance.Instance, record instance.Record, routes *routeServer, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		request, err := os.ReadFile(inst.Path("run", requestFile))
		if err != nil {
			fmt.Fprintln(os.Stderr, "reloading registries:", err)
			continue
		}
		answer := Reloaded{Request: string(request)}
		if err := reload(ctx, inst, record, routes); err != nil {
			answer.Error = err.Error()
			fmt.Fprintln(os.Stderr, "reloading registries:", err)
		}
		data, err := json.Marshal(answer)
		if err == nil {
			err = instance.WriteFile(inst.Path("run", answerFile), data, 0o600)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "reloading registries:", err)
		}
	}
}
