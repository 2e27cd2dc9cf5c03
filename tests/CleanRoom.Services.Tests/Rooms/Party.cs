using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Transport;

namespace CleanRoom.Services.Tests.Rooms;

/// <summary>A member with its keys.</summary>
internal sealed class Party(RoomId room, TestWitness witness) : IDisposable
{
    public MemberId Id { get; } = MemberId.Parse(witness.Name);

    public TestWitness Witness => witness;

    public SigningKey Organisation { get; } = SigningKey.Generate();

    public SigningKey Verifier { get; } = SigningKey.Generate();

    public SigningKey Uploader { get; } = SigningKey.Generate();

    public SigningKey Approver { get; } = SigningKey.Generate();

    public HpkePrivateKey Record { get; } = HpkePrivateKey.Generate();

    public HpkePrivateKey Inbox { get; } = HpkePrivateKey.Generate();

    public X509Certificate2 Transport { get; } = TlsCertificates.CreateSelfSigned("person", TimeProvider.System);

    public BrokerTerms Broker => new(witness.Address, witness.Pin, Verifier.PublicKey, witness.Key.PublicKey);

    public static EntryId NewId() => EntryId.From(Guid.NewGuid());

    public byte[] Person(string name, VerifyingKey key, PersonRoles roles, SigningKey? signer = null, bool revoke = false) =>
        new PersonEntry(room, NewId(), Id, revoke, name, key, roles).Sign(signer ?? Organisation);

    public byte[] TransportPerson(bool revoke = false)
    {
        using var key = Transport.GetECDsaPublicKey()!;
        return Person("laptop", VerifyingKey.FromSpki(key.ExportSubjectPublicKeyInfo()), revoke ? PersonRoles.None : PersonRoles.Transport, revoke: revoke);
    }

    public byte[] Key(KeyPurpose purpose, int period, HpkePublicKey key, SigningKey? signer = null) =>
        new KeyEntry(room, NewId(), Id, purpose, period, key).Sign(signer ?? Approver);

    /// <summary>What a member appends first.</summary>
    public IReadOnlyList<byte[]> Joining() =>
    [
        TransportPerson(),
        Person("uploader", Uploader.PublicKey, PersonRoles.Uploader),
        Person("approver", Approver.PublicKey, PersonRoles.Approver),
        Key(KeyPurpose.Record, 1, Record.PublicKey),
        Key(KeyPurpose.Inbox, 1, Inbox.PublicKey),
    ];

    public void Dispose()
    {
        Organisation.Dispose();
        Verifier.Dispose();
        Uploader.Dispose();
        Approver.Dispose();
        Record.Dispose();
        Inbox.Dispose();
        Transport.Dispose();
    }
}
