using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace CleanRoom.Cryptography;

/// <summary>
/// The head of a log (C2SP tlog-checkpoint): origin, number of leaves, root. As text three lines: origin, size in decimal, root in
/// base64; extension lines are refused. Immutable; not signed: see <see cref="SignedCheckpoint"/>.
/// </summary>
public sealed record Checkpoint
{
    /// <summary>Longest origin, in characters.</summary>
    public const int MaxOriginLength = 256;

    /// <summary>Makes a checkpoint.</summary>
    /// <param name="origin">Names the log: one line, 1 to 256 characters, by custom a name without scheme such as <c>example.org/room</c>.</param>
    /// <param name="size">Leaves, 0 to 2^62.</param>
    /// <param name="root">Merkle tree hash over them.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public Checkpoint(string origin, long size, Digest root)
    {
        ArgumentNullException.ThrowIfNull(root);
        if (!NoteSignature.IsName(origin))
        {
            throw new ArgumentException("The origin must have 1 to 256 characters without white space, control characters and plus signs.", nameof(origin));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MerkleTree.MaxSize);
        if (size == 0 && !root.Equals(MerkleTree.EmptyRoot))
        {
            throw new ArgumentException("An empty tree has one root only.", nameof(root));
        }

        Origin = origin;
        Size = size;
        Root = root;
    }

    /// <summary>Names the log.</summary>
    public string Origin { get; }

    /// <summary>Leaves.</summary>
    public long Size { get; }

    /// <summary>Merkle tree hash (RFC 6962 §2.1).</summary>
    public Digest Root { get; }

    /// <summary>Writes the note text: "origin\nsize\nbase64 root\n".</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{StrictBase64.EncodeStandard(Root.Span)}\n");

    /// <summary>Parses the note text.</summary>
    /// <returns><see langword="false"/> for anything that <see cref="ToText"/> does not write.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        if (text is null || text.Length > MaxOriginLength + 80)
        {
            return false;
        }

        var lines = text.Split('\n');
        if (lines.Length != 4 || lines[3].Length != 0 || !NoteSignature.IsName(lines[0])
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size > MerkleTree.MaxSize
            || !StrictBase64.TryDecodeStandard(lines[2], out var rootBytes) || !Digest.TryFromBytes(rootBytes, out var root)
            || (size == 0 && !root.Equals(MerkleTree.EmptyRoot)))
        {
            return false;
        }

        // Leading zeros are the one thing the number parser forgives.
        var parsed = new Checkpoint(lines[0], size, root);
        checkpoint = parsed.ToText() == text ? parsed : null;
        return checkpoint is not null;
    }

    internal byte[] Body() => Encoding.UTF8.GetBytes(ToText());
}
