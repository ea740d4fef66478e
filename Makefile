# Short names for installers/bootstrap.py, for machines that have make.
.PHONY: run test check bench lock

run:    ; python3 installers/bootstrap.py demo
test:   ; python3 installers/bootstrap.py test
check:  ; python3 installers/bootstrap.py check
bench:  ; python3 installers/bootstrap.py test -m bench -s
lock:   ; python3 installers/bootstrap.py lock
