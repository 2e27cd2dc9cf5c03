using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Platforms;

namespace CleanRoom.Evidence.Tests.Platforms;

/// <summary>
/// The kernel's side of configfs-tsm, as its documentation says: attributes appear with the entry, <c>generation</c> counts writes, a report that was read while the entry
/// changed is refused with EWOULDBLOCK, a table of certificates comes in <c>auxblob</c>.
/// </summary>
internal sealed class TsmKernel(string provider, Func<byte[], byte[]> report) : ITsmReports
{
    private readonly Dictionary<string, (long Generation, byte[]? Inblob)> _entries = new(StringComparer.Ordinal);

    public byte[]? Auxiliary { get; set; }

    /// <summary>How many more times somebody else writes to the entry behind our write.</summary>
    public int Interference { get; set; }

    /// <summary>Somebody else's bytes, without the error that the kernel gives to late readers.</summary>
    public bool InterferesSilently { get; set; }

    public bool HasNoDriver { get; set; }

    public string? LacksAttribute { get; set; }

    public int Open => _entries.Count;

    public int Made { get; private set; }

    public string? Lacks() => HasNoDriver ? "configfs-tsm: no driver." : null;

    public void Make(string entry)
    {
        if (HasNoDriver)
        {
            throw new IOException("No such device or address (ENXIO)");
        }

        Made++;
        _entries.Add(entry, (0, null));
    }

    public void Write(string entry, string attribute, ReadOnlySpan<byte> value)
    {
        if (attribute != "inblob" || value.Length > 64)
        {
            throw new IOException("Invalid argument (EINVAL)");
        }

        var written = value.ToArray();
        var generation = _entries[entry].Generation + 1;
        if (Interference > 0)
        {
            Interference--;
            (generation, written) = (generation + 1, new byte[64]);
        }

        _entries[entry] = (generation, written);
    }

    public byte[]? Read(string entry, string attribute) => attribute == LacksAttribute ? null : attribute switch
    {
        "provider" => Encoding.ASCII.GetBytes(provider + "\n"),
        "generation" => Encoding.ASCII.GetBytes(_entries[entry].Generation.ToString(CultureInfo.InvariantCulture) + "\n"),
        "outblob" when _entries[entry].Generation > 1 && !InterferesSilently => throw new IOException("Resource temporarily unavailable (EWOULDBLOCK)"),
        "outblob" => report(_entries[entry].Inblob ?? throw new IOException("Invalid argument (EINVAL)")),
        "auxblob" => Auxiliary,
        _ => null,
    };

    public void Remove(string entry) => Assert.True(_entries.Remove(entry));

    /// <summary>A host's table of certificates (GHCB): GUID, offset, length; then the contents, each padded with zeros.</summary>
    public static byte[] Table(byte[] certificates)
    {
        var pieces = CollateralPieces.In(certificates);
        var header = new List<byte>();
        var contents = new List<byte>();
        var start = (pieces.Count + 1) * 24;
        for (var number = 0; number < pieces.Count; number++)
        {
            var entry = new byte[24];
            entry.AsSpan(0, 16).Fill((byte)(number + 1));
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(16), (uint)(start + contents.Count));
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), (uint)pieces[number].Length + 8);
            header.AddRange(entry);
            contents.AddRange(pieces[number]);
            contents.AddRange(new byte[8]);
        }

        return [.. header, .. new byte[24], .. contents];
    }
}
