using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace CleanRoom.Client.Keys.Tokens;

/// <summary>PKCS#11 modules that this process has loaded. A module is one for the whole process: who finishes it ends everybody's sessions, so none is unloaded.</summary>
internal static class TokenModules
{
    private static readonly Pkcs11InteropFactories Factories = new();
    private static readonly ConcurrentDictionary<string, Lazy<IPkcs11Library>> Loaded = new(StringComparer.Ordinal);

    static TokenModules()
    {
        // Pkcs11Interop asks for "libdl", a name that Linux has only where C is compiled; what runs has libdl.so.2, or the same functions in the C library.
        try
        {
            NativeLibrary.SetDllImportResolver(
                typeof(Pkcs11InteropFactories).Assembly,
                static (name, _, _) => name == "libdl" && OperatingSystem.IsLinux() && (NativeLibrary.TryLoad("libdl.so.2", out var found) || NativeLibrary.TryLoad("libc", out found)) ? found : 0);
        }
        catch (InvalidOperationException)
        {
            // The program has a resolver of its own for that package: one is all there may be, and it is theirs.
        }
    }

    /// <summary>Loads a module: code of the vendor that runs in this process.</summary>
    public static IPkcs11Library Load(string path)
    {
        if (!File.Exists(path))
        {
            throw new ClientException(ClientProblem.Configuration, $"There is no PKCS#11 module {path}: install the token's software, or correct module-path in the key's address.");
        }

        try
        {
            return Loaded.GetOrAdd(path, static name => new(() => Factories.Pkcs11LibraryFactory.LoadPkcs11Library(Factories, name, AppType.MultiThreaded))).Value;
        }
        catch (Exception exception) when (exception is UnmanagedException or Pkcs11Exception or LibraryArchitectureException or BadImageFormatException or DllNotFoundException)
        {
            _ = Loaded.TryRemove(path, out _);
            throw new ClientException(ClientProblem.Configuration, $"{path} is not a PKCS#11 module that this machine can load: check module-path, and that it is made for this processor.", exception);
        }
    }
}
