using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CleanRoom.Evidence.Simulation;

/// <summary>
/// The simulated measurement of a program: SHA-384 over the names and contents of its own assemblies, so that other code has another
/// measurement. Builds are deterministic: anyone can compute it from the same commit. Input: "cleanroom/v1/simulated-measurement", then
/// for each file in ordinal order of name: length of name (4 bytes, big-endian) ‖ name (UTF-8) ‖ length of content (8 bytes) ‖ content.
/// </summary>
public static class SimulatedMeasurement
{
    /// <summary>Which files of a program's folder are its own code.</summary>
    public const string AssemblyPattern = "CleanRoom.*.dll";

    private static ReadOnlySpan<byte> Label => "cleanroom/v1/simulated-measurement"u8;

    /// <summary>Measures the program in a folder.</summary>
    /// <param name="folder">Where the program's assemblies lie, for the running one <see cref="AppContext.BaseDirectory"/>.</param>
    /// <exception cref="InvalidOperationException">There is none: the program was published as one file, which this cannot measure.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static LaunchMeasurement OfFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var files = Directory.GetFiles(folder, AssemblyPattern, SearchOption.TopDirectoryOnly);
        if (files.Length == 0)
        {
            throw new InvalidOperationException("The folder has no assembly to measure: publish the program as files, not as a single file.");
        }

        Array.Sort(files, (left, right) => string.CompareOrdinal(Path.GetFileName(left), Path.GetFileName(right)));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);
        hash.AppendData(Label);
        Span<byte> length = stackalloc byte[sizeof(long)];
        foreach (var file in files)
        {
            var name = Encoding.UTF8.GetBytes(Path.GetFileName(file));
            BinaryPrimitives.WriteInt32BigEndian(length, name.Length);
            hash.AppendData(length[..sizeof(int)]);
            hash.AppendData(name);
            var content = File.ReadAllBytes(file);
            BinaryPrimitives.WriteInt64BigEndian(length, content.LongLength);
            hash.AppendData(length);
            hash.AppendData(content);
        }

        return new LaunchMeasurement(hash.GetHashAndReset());
    }
}
