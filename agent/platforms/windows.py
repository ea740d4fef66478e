"""Windows: the user's own Run key, which needs no administrator."""

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

RUN_KEY: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"
VALUE_NAME: Final = "OpenKySo"
_CRYPTOGRAPHY: Final = r"SOFTWARE\Microsoft\Cryptography"
_PLACE: Final = rf"HKEY_CURRENT_USER\{RUN_KEY}\{VALUE_NAME}"


def display_available() -> bool:
    return True


def command_line(command: Sequence[str]) -> str:
    """One string, quoted as CommandLineToArgvW takes it apart."""
    return subprocess.list2cmdline(command)


if sys.platform == "win32":  # `winreg` exists nowhere else
    import winreg

    def autostart_place() -> str:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
                winreg.QueryValueEx(key, VALUE_NAME)
        except FileNotFoundError:
            return ""
        return _PLACE

    def enable_autostart(command: Sequence[str]) -> str:
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
            winreg.SetValueEx(key, VALUE_NAME, 0, winreg.REG_SZ, command_line(command))
        return _PLACE

    def machine_id() -> str:
        """What Windows' setup gave it; cloned images that were not generalised share it."""
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _CRYPTOGRAPHY) as key:
                return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        except OSError:
            return ""

    def disable_autostart() -> None:
        try:
            with winreg.OpenKey(
                winreg.HKEY_CURRENT_USER, RUN_KEY, access=winreg.KEY_SET_VALUE
            ) as key:
                winreg.DeleteValue(key, VALUE_NAME)
        except FileNotFoundError:
            pass

else:

    def autostart_place() -> str:
        raise NotImplementedError("the registry is on Windows only")

    def enable_autostart(command: Sequence[str]) -> str:
        raise NotImplementedError("the registry is on Windows only")

    def disable_autostart() -> None:
        raise NotImplementedError("the registry is on Windows only")

    def machine_id() -> str:
        raise NotImplementedError("the registry is on Windows only")
