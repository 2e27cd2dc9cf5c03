using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace CleanRoom.Cryptography;

/// <summary>One signature line of a signed note: a name, four bytes that hint at the key, and the signature.</summary>
public sealed class NoteSignature
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxNameLength = 256;

    /// <summary>Longest signature, in bytes.</summary>
    public const int MaxSignatureSize = 4096;

    private readonly byte[] _keyHash;
    private readonly byte[] _signature;

    /// <summary>Keeps copies.</summary>
    /// <param name="name">The signer's name: see <see cref="IsName"/>.</param>
    /// <param name="keyHash">4 bytes.</param>
    /// <param name="signature">1 to 4,096 bytes.</param>
    public NoteSignature(string name, ReadOnlySpan<byte> keyHash, ReadOnlySpan<byte> signature)
    {
        if (!IsName(name))
        {
            throw new ArgumentException("The name must have 1 to 256 characters without white space, control characters and plus signs.", nameof(name));
        }

        if (keyHash.Length != NoteKey.HashSize)
        {
            throw new ArgumentException("The key hash must have 4 bytes.", nameof(keyHash));
        }

        if (signature.Length is 0 or > MaxSignatureSize)
        {
            throw new ArgumentException("The signature must have 1 to 4,096 bytes.", nameof(signature));
        }

        Name = name;
        _keyHash = keyHash.ToArray();
        _signature = signature.ToArray();
    }

    /// <summary>The signer's name.</summary>
    public string Name { get; }

    /// <summary>The first 4 bytes of a hash over name, signature type and key: a hint, not a proof.</summary>
    public ReadOnlyMemory<byte> KeyHash => _keyHash;

    /// <summary>The signature.</summary>
    public ReadOnlyMemory<byte> Signature => _signature;

    /// <summary>Tells whether a text can name a signer (C2SP signed-note): not empty, no Unicode white space, no control character, no plus sign, well-formed.</summary>
    public static bool IsName([NotNullWhen(true)] string? name) =>
        name is { Length: >= 1 and <= MaxNameLength }
        && name.EnumerateRunes().All(rune => rune.Value != '+' && rune != Rune.ReplacementChar && !Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune));

    /// <summary>Writes the line, with its line feed.</summary>
    public override string ToString() => $"{LineStart}{Name} {StrictBase64.EncodeStandard([.. _keyHash, .. _signature])}\n";

    internal const string LineStart = "— ";

    internal static bool TryParse(ReadOnlySpan<char> line, [NotNullWhen(true)] out NoteSignature? signature)
    {
        signature = null;
        if (!line.StartsWith(LineStart, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = line[LineStart.Length..];
        var space = rest.IndexOf(' ');
        if (space < 0 || rest.Length - space > 4 + ((NoteKey.HashSize + MaxSignatureSize + 2) / 3 * 4))
        {
            return false;
        }

        var name = rest[..space].ToString();
        if (!IsName(name) || !StrictBase64.TryDecodeStandard(rest[(space + 1)..], out var bytes)
            || bytes.Length <= NoteKey.HashSize || bytes.Length > NoteKey.HashSize + MaxSignatureSize)
        {
            return false;
        }

        signature = new NoteSignature(name, bytes.AsSpan(0, NoteKey.HashSize), bytes.AsSpan(NoteKey.HashSize));
        return true;
    }
}

/// <summary>
/// A text with signature lines (C2SP signed-note): the text ends with a line feed; after an empty line come the signatures, one a
/// line: "— name base64(key hash ‖ signature)". What parses writes back to the same text. Parsing verifies nothing.
/// </summary>
public sealed class SignedNote
{
    /// <summary>Most signatures on a note.</summary>
    public const int MaxSignatures = 64;

    /// <summary>Longest note, in bytes of UTF-8.</summary>
    public const int MaxSize = 64 << 10;

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>What is signed, with its line feed at the end.</summary>
    public string Text { get; }

    /// <summary>The signature lines in their order, 1 to 64.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>Puts signatures on a text.</summary>
    /// <exception cref="ArgumentException">The text has no line feed at the end or a control character, or a limit is passed.</exception>
    public static SignedNote Create(string text, IEnumerable<NoteSignature> signatures)
    {
        ArgumentNullException.ThrowIfNull(text);
        var note = new SignedNote(text, [.. signatures]);
        return IsText(text) && note.Signatures.Count is >= 1 and <= MaxSignatures && Encoding.UTF8.GetByteCount(note.ToText()) <= MaxSize
            ? note
            : throw new ArgumentException("A note must be text of lines with 1 to 64 signatures, at most 64 KiB.", nameof(text));
    }

    /// <summary>Parses a note.</summary>
    /// <returns><see langword="false"/> for anything that <see cref="ToText"/> does not write.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SignedNote? note)
    {
        note = null;
        if (text is null || text.Length > MaxSize || !IsText(text) || Encoding.UTF8.GetByteCount(text) > MaxSize)
        {
            return false;
        }

        // The last empty line parts text and signatures: signature lines are never empty.
        var gap = text.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (gap < 0)
        {
            return false;
        }

        var body = text[..(gap + 1)];
        var signatures = new List<NoteSignature>();
        for (var rest = text.AsSpan(gap + 2); !rest.IsEmpty;)
        {
            // The whole text ends with a line feed, so there always is one more.
            var end = rest.IndexOf('\n');
            if (signatures.Count == MaxSignatures || !NoteSignature.TryParse(rest[..end], out var signature))
            {
                return false;
            }

            signatures.Add(signature);
            rest = rest[(end + 1)..];
        }

        if (signatures.Count == 0 || !IsText(body))
        {
            return false;
        }

        note = new SignedNote(body, signatures);
        return true;
    }

    /// <summary>Writes the note.</summary>
    public string ToText() => Text + "\n" + string.Concat(Signatures);

    /// <summary>Well-formed text without control characters but line feeds, ending with one.</summary>
    private static bool IsText(string text)
    {
        if (text.Length < 2 || text[^1] != '\n')
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if ((char.IsControl(text[i]) && text[i] != '\n')
                || (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i]))))
            {
                return false;
            }
        }

        return true;
    }
}
