"""`kyso-agent`: the command line."""


def main() -> int:
    raise SystemExit("not built yet")


if __name__ == "__main__":
    main()
