using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Tests.Dcap;

namespace CleanRoom.Evidence.Tests.Collateral;

/// <summary>Signed packs: what is written is read again, and nothing else is.</summary>
public sealed class CollateralPackTests : IDisposable
{
    private readonly SigningKey _signer = SigningKey.Generate();
    private readonly DcapForge _forge = new(4);

    [Fact]
    public void TryRead_PackAsWritten_GivesItsPiecesNumberAndMaker()
    {
        var pack = Read(Write(7));

        Assert.Equal(7, pack.Number);
        Assert.Equal(_signer.PublicKey.Id, pack.Signer);
        Assert.Equal(DcapForge.Now, pack.Created);
        Assert.Equal(3, pack.Set.Count);
        Assert.Equal(1, pack.Early.Count);
    }

    [Fact]
    public void Write_SamePiecesInAnotherOrder_GivesTheSamePayload()
    {
        var pieces = Pieces();
        var one = CollateralPack.Write(_signer, 1, DcapForge.Now, pieces, []);
        var two = CollateralPack.Write(_signer, 1, DcapForge.Now, [.. pieces.Reverse(), .. pieces], []);

        Assert.Equal(one.Split('.')[1], two.Split('.')[1]);
    }

    [Fact]
    public void TryRead_AnyCharacterChanged_IsRefused()
    {
        var text = Write(7);
        var parts = text.Split('.');

        // One in each part and around: every 97th, so that the test stays short.
        for (var at = 0; at < text.Length; at += at < parts[0].Length ? 1 : 97)
        {
            var changed = text.ToCharArray();
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            Assert.False(CollateralPack.TryRead(Encoding.ASCII.GetBytes(changed), null, out _, out _), $"{at}");
        }
    }

    [Fact]
    public void TryRead_MakerThatDoesNotCount_IsRefusedByName()
    {
        using var other = SigningKey.Generate();

        Assert.False(CollateralPack.TryRead(Encoding.ASCII.GetBytes(Write(1)), new HashSet<KeyId> { other.PublicKey.Id }, out _, out var problem));
        Assert.Contains(_signer.PublicKey.Id.ToString(), problem, StringComparison.Ordinal);
    }

    public static TheoryData<string> Broken => ["member more", "no member", "number 0", "number as text", "piece that is none", "another format", "time of another form", "another's key", "another typ"];

    [Theory, MemberData(nameof(Broken))]
    public void TryRead_SignedButOfAnotherForm_IsRefused(string what)
    {
        using var other = SigningKey.Generate();
        var body = JsonNode.Parse(StrictBase64.TryDecodeUrl(Write(1).Split('.')[1], out var payload) ? payload : [])!.AsObject();
        switch (what)
        {
            case "member more":
                body["more"] = 1;
                break;
            case "no member":
                _ = body.Remove("early");
                break;
            case "number 0":
                body["number"] = 0;
                break;
            case "number as text":
                body["number"] = "1";
                break;
            case "piece that is none":
                body["pieces"]!.AsArray().Add("AAAA");
                break;
            case "another format":
                body["format"] = "cleanroom/collateral-pack/v2";
                break;
            case "time of another form":
                body["created"] = "2026-06-01";
                break;
            case "another's key":
                body["signer"] = StrictBase64.EncodeUrl(other.PublicKey.Spki.Span);
                break;
            default:
                break;
        }

        var text = Jws.Sign(_signer, what == "another typ" ? "cleanroom-ear+jws" : "cleanroom-collateral-pack+jws", CanonicalJson.Canonicalize(body));

        Assert.False(CollateralPack.TryRead(Encoding.ASCII.GetBytes(text), null, out _, out _));
    }

    [Fact]
    public void Write_WhatIsNoCollateral_IsAWrongCall()
    {
        Assert.Throws<ArgumentException>(() => CollateralPack.Write(_signer, 1, DcapForge.Now, [new byte[] { 1, 2, 3 }], []));
        Assert.Throws<ArgumentException>(() => CollateralPack.Write(_signer, 0, DcapForge.Now, [], []));
    }

    [Fact]
    public void Folder_SignersNamed_CountsTheirNewestPackAndNoLooseFile()
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-packs-");
        try
        {
            using var stranger = SigningKey.Generate();
            File.WriteAllText(Path.Combine(folder.FullName, "b.pack"), Write(1));
            File.WriteAllText(Path.Combine(folder.FullName, "a.pack"), Write(2) + "\n");
            File.WriteAllText(Path.Combine(folder.FullName, "c.pack"), CollateralPack.Write(stranger, 9, DcapForge.Now, Pieces(), []));
            File.WriteAllBytes(Path.Combine(folder.FullName, "root.der"), _forge.RootCertificate());
            HashSet<KeyId> signers = [_signer.PublicKey.Id];

            var contents = CollateralFolder.Read(folder.FullName, signers, CollateralMemory.Empty);
            var remembered = CollateralMemory.Empty.After(Read(Write(3)));

            Assert.Equal([2L], contents.Packs.Select(pack => pack.Number));
            Assert.Equal(3, contents.Set.Count);
            Assert.Empty(CollateralFolder.Read(folder.FullName, signers, remembered).Packs);
            Assert.Equal(2, CollateralFolder.Read(folder.FullName, null, CollateralMemory.Empty).Packs.Length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public void Dispose()
    {
        _signer.Dispose();
        _forge.Dispose();
    }

    private static CollateralPack Read(string text)
    {
        Assert.True(CollateralPack.TryRead(Encoding.ASCII.GetBytes(text), null, out var pack, out var problem), problem);
        return pack;
    }

    private ReadOnlyMemory<byte>[] Pieces() => [_forge.RootCertificate(), _forge.RootList(), _forge.Document("tcbInfo", _forge.Info)];

    private string Write(long number) => CollateralPack.Write(_signer, number, DcapForge.Now, Pieces(), [_forge.Document("enclaveIdentity", _forge.Identity)]);
}
