using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Files;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Client;

/// <summary>
/// One member's keys and memory on this machine: a folder that only its user can enter (mode 0700, files 0600). The organisation key,
/// people's keys, the TLS key and the inbox key are separate files and separate keys; no key serves two purposes. The organisation key and people's keys may lie in PKCS#11 tokens or in Azure Key Vault instead. What is remembered of each room
/// stands under <c>rooms/</c>. Every file is replaced atomically and flushed before a method returns.
/// </summary>
public sealed class MemberProfile
{
    private const int MaxSize = 1 << 20;

    private readonly ProfileDocument _document;
    private readonly TimeProvider _time;
    private readonly Func<string, string?>? _askPin;

    private MemberProfile(string folder, ProfileDocument document, TimeProvider time, Func<string, string?>? askPin)
    {
        _askPin = askPin;
        Folder = folder;
        _document = document;
        _time = time;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The member whose profile this is.</summary>
    public MemberId Member => _document.Member;

    /// <summary>Public half of the organisation key.</summary>
    public VerifyingKey OrganisationKey => _document.Organisation;

    /// <summary>Public half of the TLS key.</summary>
    public VerifyingKey TransportKey => _document.Transport;

    /// <summary>People's keys; the TLS key is not among them.</summary>
    public IReadOnlyList<PersonKey> People => _document.People;

    /// <summary>Inbox keys, by period.</summary>
    public IReadOnlyList<InboxKey> InboxKeys => _document.Inbox;

    /// <summary>Rooms that this profile remembers.</summary>
    public IReadOnlyList<RoomId> Rooms
    {
        get
        {
            var folder = Path.Combine(Folder, "rooms");
            return !Directory.Exists(folder)
                ? []
                : [.. Directory.EnumerateDirectories(folder)
                    .Select(path => RoomId.TryParse(Path.GetFileName(path), out var room) ? room : default)
                    .Where(room => room != default)
                    .OrderBy(room => room.ToString(), StringComparer.Ordinal)];
        }
    }

    /// <summary>Gives the folder where a member's profile is kept unless told otherwise: <c>~/.cleanroom/member</c>.</summary>
    public static string DefaultFolder(MemberId member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return Path.Combine(DefaultRoot, member.Value);
    }

    /// <summary>Gives the folder that holds the profiles of this user: <c>~/.cleanroom</c>.</summary>
    public static string DefaultRoot => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cleanroom");

    /// <summary>Makes a profile with new keys.</summary>
    /// <param name="folder">Must not hold a profile yet.</param>
    /// <param name="member">The member.</param>
    /// <param name="options">People, roles and passphrase.</param>
    /// <param name="time">The clock, for the certificate.</param>
    /// <exception cref="ClientException">The folder holds a profile, cannot be written, or the options name an unknown role.</exception>
    public static MemberProfile Create(string folder, MemberId member, ProfileOptions options, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(member);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        folder = Path.GetFullPath(folder);
        var path = Path.Combine(folder, ProfileDocument.FileName);
        if (File.Exists(path))
        {
            throw new ClientException(ClientProblem.CannotCreate, $"{folder} already holds the keys of a member: name another folder, or use them.");
        }

        foreach (var (person, roles) in options.People)
        {
            CheckPerson(person, roles);
        }

        DurableFile.CreateFolder(Path.Combine(folder, "keys"));
        DurableFile.RequirePrivate(folder);

        using ISigningKey organisation = options.OrganisationAddress is { } address ? Proven(address.OpenKey(options.AskPin)) : Generate(KeyPath(folder, "organisation.pem"), options.Passphrase);
        using var transport = SigningKey.Generate();
        PrivatePem.Write(KeyPath(folder, "transport.pem"), transport, "");
        var now = time.GetUtcNow();
        using (var certificate = transport.CreateSelfSignedCertificate(member.Value, now.AddMinutes(-5), now + options.CertificateLife))
        {
            DurableFile.Write(KeyPath(folder, "transport.crt"), Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
        }

        var keys = new List<PersonKey>();
        foreach (var (person, roles) in options.People.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            using var key = SigningKey.Generate();
            var file = $"person-{person}.pem";
            PrivatePem.Write(KeyPath(folder, file), key, "");
            keys.Add(new PersonKey(person, roles, key.PublicKey) { File = file });
        }

        using var inbox = HpkePrivateKey.Generate();
        PrivatePem.Write(KeyPath(folder, "inbox-1.pem"), inbox);
        var document = new ProfileDocument
        {
            Member = member,
            Organisation = organisation.PublicKey,
            OrganisationAddress = options.OrganisationAddress,
            Transport = transport.PublicKey,
            People = keys,
            Inbox = [new InboxKey(1, inbox.PublicKey) { File = "inbox-1.pem" }],
        };

        // Last, so that a folder with a profile is a complete one.
        DurableFile.Write(path, document.ToBytes());
        return new MemberProfile(folder, document, time, options.AskPin);
    }

    /// <summary>Opens a profile.</summary>
    /// <param name="folder">Where <see cref="Create"/> made it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="askPin">Asks for the PIN of a token by its name, when a key in it is opened and no file holds the PIN; null or empty: nobody gives one.</param>
    /// <exception cref="ClientException">There is none, others can reach it, or its content is not a profile.</exception>
    public static MemberProfile Open(string folder, TimeProvider time, Func<string, string?>? askPin = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(time);
        folder = Path.GetFullPath(folder);
        var path = Path.Combine(folder, ProfileDocument.FileName);
        var content = DurableFile.TryRead(path, MaxSize, "The profile")
            ?? throw new ClientException(ClientProblem.Configuration, $"{folder} holds no keys of a member: run \"cleanroom keys create\", or name the folder with --home.");
        DurableFile.RequirePrivate(folder);
        return new MemberProfile(folder, ProfileDocument.Parse(content, path), time, askPin);
    }

    /// <summary>Whether the organisation key lies on this machine encrypted: opening it takes a passphrase.</summary>
    public bool IsOrganisationKeyEncrypted => OrganisationAddress is null && PrivatePem.IsEncrypted(KeyPath(Folder, "organisation.pem"));

    /// <summary>Where the organisation key lies if a token or vault holds it; null: in a file of this profile.</summary>
    public KeyAddress? OrganisationAddress => _document.OrganisationAddress;

    /// <summary>Opens the organisation key. Keep it open as short as possible.</summary>
    /// <param name="passphrase">Empty if the key is not encrypted; not looked at if a token or vault holds it.</param>
    /// <exception cref="ClientException">
    /// The file is missing (kept offline), encrypted with another passphrase, or not the key of this profile; or the token or vault is not there, does not let this user in, or has another key.
    /// </exception>
    public ISigningKey OpenOrganisationKey(string passphrase = "") => OrganisationAddress is { } address
        ? OpenAt(address, OrganisationKey)
        : Checked(PrivatePem.ReadSigningKey(KeyPath(Folder, "organisation.pem"), "The organisation key", passphrase), OrganisationKey, "organisation.pem");

    /// <summary>Opens the key of a person that has a role; the first one if several have it.</summary>
    /// <param name="role">One role.</param>
    /// <exception cref="ClientException">No key of this profile has the role, or its file is missing.</exception>
    public ISigningKey OpenPersonKey(PersonRoles role)
    {
        var person = People.FirstOrDefault(person => person.Roles.HasFlag(role))
            ?? throw new ClientException(ClientProblem.Configuration, $"No person in {Folder} has the role {RoleWords.Write(role)[0]}: make a key with \"cleanroom keys add-person\".");
        return Open(person);
    }

    /// <summary>Opens the key of one person for an act that needs one of these roles.</summary>
    /// <param name="roles">One or more roles, of which the person needs one.</param>
    /// <param name="person">The person's id; null for the first who has such a role.</param>
    /// <exception cref="ClientException">There is no such person here, or she has none of the roles.</exception>
    public ISigningKey OpenPersonKey(PersonRoles roles, string? person)
    {
        var words = string.Join(" or ", RoleWords.Write(roles));
        var found = person is null
            ? People.FirstOrDefault(item => (item.Roles & roles) != PersonRoles.None)
                ?? throw new ClientException(ClientProblem.Configuration, $"No person in {Folder} has the role {words}: make a key with \"cleanroom keys add-person\".")
            : People.FirstOrDefault(item => item.Person == person)
                ?? throw new ClientException(ClientProblem.Configuration, $"{Folder} holds no key of {person}: see \"cleanroom keys show\".");
        return (found.Roles & roles) != PersonRoles.None
            ? Open(found)
            : throw new ClientException(ClientProblem.NotPermitted, $"{found.Person} does not have the role {words}: let a person sign who has it.");
    }

    /// <summary>Opens the inbox key with an id.</summary>
    /// <returns>Null if this profile does not hold it.</returns>
    public HpkePrivateKey? OpenInboxKey(KeyId id)
    {
        if (InboxKeys.FirstOrDefault(key => key.PublicKey.Id.Equals(id)) is not { } inbox)
        {
            return null;
        }

        var key = PrivatePem.ReadHpkeKey(KeyPath(Folder, inbox.File), "The inbox key");
        if (key.PublicKey.Equals(inbox.PublicKey))
        {
            return key;
        }

        key.Dispose();
        throw OtherKey(inbox.File);
    }

    /// <summary>Opens the TLS certificate with its private key. The caller disposes it.</summary>
    /// <exception cref="ClientException">A file is missing or does not belong to this profile.</exception>
    public X509Certificate2 OpenTransportCertificate()
    {
        using var key = Checked(PrivatePem.ReadSigningKey(KeyPath(Folder, "transport.pem"), "The TLS key", ""), TransportKey, "transport.pem");
        var path = KeyPath(Folder, "transport.crt");
        var pem = Encoding.ASCII.GetString(DurableFile.Read(path, 1 << 16, "The TLS certificate"));
        try
        {
            using var handle = key.CreateECDsa();
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return certificate.CopyWithPrivateKey(handle);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new ClientException(ClientProblem.BadData, $"{path} is not the certificate of this profile's TLS key: restore it from your backup.", exception);
        }
    }

    /// <summary>Adds a person with a new key, or with one that lies in a PKCS#11 token or in Azure Key Vault.</summary>
    /// <param name="person">Opaque id, 1 to 64 characters out of a-z, 0-9 and -; not in the profile yet.</param>
    /// <param name="roles">At least one, not transport.</param>
    /// <param name="address">Where her key lies already; null: a new one is made and kept in a file.</param>
    /// <returns>The profile with the person.</returns>
    /// <exception cref="ClientException">The id is taken or no id, a role is none, or the token or vault does not sign. A key that the profile has for something else is refused.</exception>
    public MemberProfile AddPerson(string person, PersonRoles roles, KeyAddress? address = null)
    {
        CheckPerson(person, roles);
        if (People.Any(other => other.Person == person))
        {
            throw new ClientException(ClientProblem.CannotCreate, $"The profile already has a person {person}: choose another id.");
        }

        var file = address is null ? $"person-{person}.pem" : "";
        using ISigningKey key = address is null ? Generate(KeyPath(Folder, file), "") : Proven(address.OpenKey(_askPin));
        if (People.Select(other => other.PublicKey).Append(OrganisationKey).Append(TransportKey).Contains(key.PublicKey))
        {
            throw new ClientException(ClientProblem.Usage, "The profile has this key already, and no key serves two purposes: name another one.");
        }

        var document = _document with { People = [.. People, new PersonKey(person, roles, key.PublicKey) { File = file, Address = address }] };
        DurableFile.Write(Path.Combine(Folder, ProfileDocument.FileName), document.ToBytes());
        return new MemberProfile(Folder, document, _time, _askPin);
    }

    /// <summary>Folder with the hardware vendors' collateral, with which this member appraises evidence itself ("collateral import"). It need not exist.</summary>
    public string CollateralFolder => Path.Combine(Folder, "collateral");

    /// <summary>Reads that folder, and remembers what is newest in it: older never counts again.</summary>
    /// <returns>What appraisals go by now.</returns>
    /// <exception cref="ClientException">The folder cannot be read, or the memory is damaged.</exception>
    public AppraisalContext ReadCollateral()
    {
        try
        {
            var collateral = new RememberedCollateral(Directory.Exists(CollateralFolder) ? CollateralFolder : null, null, Path.Combine(Folder, "collateral-memory.json"));
            collateral.Read(_time.GetUtcNow());
            return collateral.Context(_time.GetUtcNow());
        }
        catch (InvalidDataException exception)
        {
            throw new ClientException(ClientProblem.Configuration, exception.Message, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.Configuration, $"The collateral in {CollateralFolder} cannot be read: check the folder's rights.", exception);
        }
    }

    /// <summary>Gives what this profile remembers of a room; the folder is made if needed.</summary>
    public RoomMemory OpenRoom(RoomId room)
    {
        var folder = Path.Combine(Folder, "rooms", room.ToString());
        DurableFile.CreateFolder(folder);
        return new RoomMemory(folder, room);
    }

    /// <summary>Gives the newest signed charter of a room that this profile keeps.</summary>
    /// <exception cref="ClientException">The room was not joined.</exception>
    public SignedCharter CharterOf(RoomId room) => OpenRoom(room).FindCharter()
        ?? throw new ClientException(ClientProblem.Configuration, $"{Member} has not joined room {room}: run \"cleanroom room join CHARTER\" with the signed charter.");

    private static string KeyPath(string folder, string file) => Path.Combine(folder, "keys", file);

    private static SigningKey Generate(string path, string passphrase)
    {
        var key = SigningKey.Generate();
        PrivatePem.Write(path, key, passphrase);
        return key;
    }

    /// <summary>A key that cannot sign is found out before the profile names it.</summary>
    private static ISigningKey Proven(ISigningKey key)
    {
        try
        {
            _ = key.Sign("cleanroom/key-check/v1"u8);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private ISigningKey Open(PersonKey person) => person.Address is { } address
        ? OpenAt(address, person.PublicKey)
        : Checked(PrivatePem.ReadSigningKey(KeyPath(Folder, person.File), "The person key", ""), person.PublicKey, person.File);

    private ISigningKey OpenAt(KeyAddress address, VerifyingKey expected)
    {
        var key = address.OpenKey(_askPin);
        if (key.PublicKey.Equals(expected))
        {
            return key;
        }

        key.Dispose();
        throw new ClientException(ClientProblem.Configuration, $"The key in {address.Holder} is not the one that the profile names: use the token or vault that belongs to it.");
    }

    private static SigningKey Checked(SigningKey key, VerifyingKey expected, string file)
    {
        if (key.PublicKey.Equals(expected))
        {
            return key;
        }

        key.Dispose();
        throw OtherKey(file);
    }

    private static ClientException OtherKey(string file) =>
        new(ClientProblem.Configuration, $"keys/{file} is not the key that the profile names: restore the file that belongs to this profile.");

    private static void CheckPerson(string person, PersonRoles roles)
    {
        if (person.Length is 0 or > 64 || !person.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            throw new ClientException(ClientProblem.Usage, "The person's id must have 1 to 64 characters out of a-z, 0-9 and -: choose an opaque one, not a name.");
        }

        if (roles == PersonRoles.None || roles.HasFlag(PersonRoles.Transport))
        {
            throw new ClientException(ClientProblem.Usage, $"The roles of {person} must be one or more of {string.Join(", ", RoleWords.OfPeople)}.");
        }
    }
}
