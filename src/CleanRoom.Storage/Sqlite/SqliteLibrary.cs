using System.Runtime.InteropServices;
using SQLitePCL;

namespace CleanRoom.Storage.Sqlite;

/// <summary>Loads the system's SQLite, which gets its security updates from the distribution, in place of one shipped with us.</summary>
internal static class SqliteLibrary
{
    private const string FileName = "libsqlite3.so.0";
    private static readonly Lock Gate = new();
    private static bool _loaded;

    /// <exception cref="StorageException">The library is not installed.</exception>
    public static void Load(string fileName = FileName)
    {
        lock (Gate)
        {
            if (!NativeLibrary.TryLoad(fileName, out var handle))
            {
                throw new StorageException(
                    StorageProblem.LibraryMissing, $"The SQLite library {fileName} is not installed: run \"apt install libsqlite3-0\" and start again.");
            }

            if (_loaded)
            {
                return;
            }

            NativeLibrary.SetDllImportResolver(
                typeof(SQLite3Provider_e_sqlite3).Assembly, (name, _, _) => name == "e_sqlite3" ? handle : IntPtr.Zero);
            raw.SetProvider(new SQLite3Provider_e_sqlite3());
            raw.FreezeProvider();
            _loaded = true;
        }
    }
}
