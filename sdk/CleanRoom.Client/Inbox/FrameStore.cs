using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Files;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Inbox;

/// <summary>Taken messages as they came: still sealed, so that reading them again needs the inbox key.</summary>
internal sealed class FrameStore
{
    /// <summary>Longest ciphertext that is looked at, in bytes.</summary>
    public const int MaxCiphertext = 1 << 20;

    private const int MaxPath = 64;
    private const int MaxSize = MaxCiphertext + FrameHeader.MaxSize + (MaxPath * Digest.Size) + 16;

    private readonly string _folder;

    public FrameStore(string roomFolder)
    {
        _folder = Path.Combine(roomFolder, "inbox");
        DurableFile.CreateFolder(_folder);
    }

    public void Save(long number, MessageFrame frame)
    {
        var header = Encoding.ASCII.GetBytes(frame.Header);
        var content = new byte[12 + header.Length + (frame.Path.Count * Digest.Size) + frame.Ciphertext.Length];
        BinaryPrimitives.WriteInt32BigEndian(content, header.Length);
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(4), frame.Path.Count);
        BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(8), frame.Ciphertext.Length);
        var rest = content.AsSpan(12);
        header.CopyTo(rest);
        rest = rest[header.Length..];
        foreach (var step in frame.Path)
        {
            step.Span.CopyTo(rest);
            rest = rest[Digest.Size..];
        }

        frame.Ciphertext.Span.CopyTo(rest);
        DurableFile.Write(PathOf(number), content);
    }

    public MessageFrame? Find(long number)
    {
        var content = DurableFile.TryRead(PathOf(number), MaxSize, "The message");
        if (content is null)
        {
            return null;
        }

        var span = content.AsSpan();
        if (span.Length >= 12)
        {
            var (header, path, ciphertext) = (
                BinaryPrimitives.ReadInt32BigEndian(span), BinaryPrimitives.ReadInt32BigEndian(span[4..]), BinaryPrimitives.ReadInt32BigEndian(span[8..]));
            if (header is >= 0 and <= FrameHeader.MaxSize && path is >= 0 and <= MaxPath && ciphertext is >= 0 and <= MaxCiphertext
                && span.Length == 12 + header + (path * Digest.Size) + ciphertext)
            {
                var steps = Enumerable.Range(0, path).Select(i => new Digest(content.AsSpan(12 + header + (i * Digest.Size), Digest.Size))).ToList();
                return new MessageFrame(Encoding.ASCII.GetString(content, 12, header), content.AsMemory(12 + header + (path * Digest.Size)), steps);
            }
        }

        throw new ClientException(ClientProblem.BadData, $"{PathOf(number)} is not a message that this program wrote: restore it from your backup.");
    }

    private string PathOf(long number) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{number:D12}.frame"));
}
