# Short names for installers/bootstrap.py, for machines that have make.
.PHONY: run test check bench fuzz lock

run:    ; python3 installers/bootstrap.py demo
test:   ; python3 installers/bootstrap.py test
check:  ; python3 installers/bootstrap.py check
bench:  ; python3 installers/bootstrap.py test -m bench -s
fuzz:   ; OPENKYSO_FUZZ=20000 python3 installers/bootstrap.py test tests/fuzz --timeout 0
lock:   ; python3 installers/bootstrap.py lock
