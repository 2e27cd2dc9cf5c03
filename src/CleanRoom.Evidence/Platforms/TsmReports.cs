namespace CleanRoom.Evidence.Platforms;

/// <summary>The kernel's report interface, as far as it is a file system: what a test replaces, because no ordinary folder makes files when a folder is made.</summary>
internal interface ITsmReports
{
    /// <summary>One sentence: what is missing; null if reports can be made.</summary>
    string? Lacks();

    /// <summary>Makes an entry; the kernel puts the attributes into it.</summary>
    void Make(string entry);

    /// <summary>Writes an attribute.</summary>
    void Write(string entry, string attribute, ReadOnlySpan<byte> value);

    /// <summary>Reads an attribute; null if the kernel has none of that name.</summary>
    /// <exception cref="IOException">The kernel refuses, for instance because the entry changed meanwhile.</exception>
    byte[]? Read(string entry, string attribute);

    /// <summary>Removes an entry.</summary>
    void Remove(string entry);
}

/// <summary>The interface under a folder, by default <c>/sys/kernel/config/tsm/report</c>.</summary>
internal sealed class TsmReportFolder(string root) : ITsmReports
{
    /// <summary>Longest attribute that is read: 256 KiB; a table of certificates is the longest.</summary>
    public const int MaxAttribute = 256 << 10;

    public string? Lacks()
    {
        if (!Directory.Exists(root))
        {
            return $"configfs-tsm: {root} is missing: run inside a SEV-SNP or TDX guest with Linux 6.7 or newer, configfs mounted and the module sev-guest or tdx-guest loaded.";
        }

        // Whether a driver stands behind it shows only when an entry is made: the kernel then refuses with ENXIO.
        var entry = $"cleanroom-probe-{Environment.ProcessId}";
        try
        {
            Make(entry);
            Remove(entry);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"configfs-tsm: no entry can be made in {root}: load the module sev-guest or tdx-guest and give this user the right to write there.";
        }
    }

    public void Make(string entry) => _ = Directory.CreateDirectory(Path.Combine(root, entry));

    public void Write(string entry, string attribute, ReadOnlySpan<byte> value)
    {
        // The attribute is there or it is not: it is never made, and the kernel wants the value in one write.
        using var file = new FileStream(Path.Combine(root, entry, attribute), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(value);
    }

    public byte[]? Read(string entry, string attribute)
    {
        var path = Path.Combine(root, entry, attribute);
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);

        // The length of an attribute is not known before it was read to its end.
        using var content = new MemoryStream();
        var buffer = new byte[16 << 10];
        for (var read = file.Read(buffer); read > 0; read = file.Read(buffer))
        {
            content.Write(buffer, 0, read);
            if (content.Length > MaxAttribute)
            {
                throw new IOException($"The attribute {attribute} is longer than {MaxAttribute} bytes.");
            }
        }

        return content.ToArray();
    }

    public void Remove(string entry) => Directory.Delete(Path.Combine(root, entry));
}
